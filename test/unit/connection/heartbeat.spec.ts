import { jest } from '@jest/globals';

import type { LifeSigns } from '../../../lib/ws/socket.vitals.js';
import {
  Heartbeat,
  HeartbeatPool,
  type HeartbeatPeer,
  type HeartbeatSlot,
} from '../../../lib/connection/heartbeat.js';

class FakePeer implements HeartbeatPeer {
  isReadingPaused = false;
  pings = 0;
  lost = 0;
  heartbeatSlot: HeartbeatSlot | undefined;
  heartbeatPlace = 0;

  constructor(readonly heartbeat: Heartbeat) {}

  /** Answers each ping where told to. */
  answers = false;

  faults: unknown[] = [];

  onFault(error: unknown): void {
    this.faults.push(error);
  }

  peeks = 0;
  /** What there is to read lies behind, and reading goes on. */
  seesAll = false;

  peek(): void {
    this.peeks += 1;
    if (!this.seesAll) return;
    this.isReadingPaused = false;
    this.heartbeat.onReadingResumed(this);
  }

  heard = 0;
  taken = 0;
  isWaiting = false;

  get lifeSigns(): LifeSigns {
    const { heard, taken, isWaiting } = this;
    return { heard, taken, isWaiting };
  }

  private nonce: Buffer = Buffer.alloc(0);

  ping(payload: Buffer | undefined): void {
    this.pings += 1;
    if (payload) this.nonce = payload;
    if (this.answers) this.answer();
  }

  answer(): boolean {
    return this.heartbeat.onPong(this, Buffer.from(this.nonce));
  }

  onHeartbeatLost(): void {
    this.lost += 1;
    this.heartbeat.remove(this);
  }
}

const INTERVAL = 16_000;
const TICK = INTERVAL / 16;
/** Turns of the event loop after the first, over which the pings of 10,000 connections are spread. */
const TURNS = 9;

/** The beat comes when the sockets were read: Jest's clock calls that a millisecond. */
const pass = (ms: number): void => jest.advanceTimersByTime(ms + 1);

describe('Heartbeat', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const join = (heartbeat: Heartbeat, count: number, answers = true): FakePeer[] =>
    Array.from({ length: count }, () => {
      const peer = new FakePeer(heartbeat);
      peer.answers = answers;
      heartbeat.add(peer);
      return peer;
    });

  const joinOne = (heartbeat: Heartbeat, answers: boolean): FakePeer => {
    const peer = new FakePeer(heartbeat);
    peer.answers = answers;
    heartbeat.add(peer);
    return peer;
  };

  it('needs one timer for 10,000 connections with the same interval, on whatever routes', () => {
    const pool = new HeartbeatPool();
    for (let peer = 0; peer < 10_000; peer += 1) {
      const heartbeat = pool.get({ interval: INTERVAL, timeout: INTERVAL });
      if (heartbeat) joinOne(heartbeat, true);
    }
    expect(jest.getTimerCount()).toBe(1);
    const other = pool.get({ interval: 1000, timeout: 1000 });
    if (other) join(other, 10);
    expect(jest.getTimerCount()).toBe(2);
  });

  it('has none while there is no connection, and none after the last has gone', () => {
    const heartbeat = new Heartbeat(INTERVAL, INTERVAL);
    expect(jest.getTimerCount()).toBe(0);
    const peers = join(heartbeat, 3);
    expect(jest.getTimerCount()).toBe(1);
    for (const peer of peers) heartbeat.remove(peer);
    expect(jest.getTimerCount()).toBe(0);
    const later = joinOne(heartbeat, true);
    pass(INTERVAL);
    expect(later.pings).toBe(1);
  });

  it('is none for a route without ping', () => {
    expect(new HeartbeatPool().get(false)).toBeUndefined();
  });

  it('pings every connection once an interval', () => {
    const peers = join(new Heartbeat(INTERVAL, INTERVAL), 100);
    for (let interval = 1; interval <= 5; interval += 1) {
      pass(INTERVAL);
      expect(new Set(peers.map(({ pings }) => pings))).toEqual(new Set([interval]));
    }
  });

  it('pings a connection that joins at any moment within one interval, and not at once', () => {
    const heartbeat = new Heartbeat(INTERVAL, INTERVAL);
    for (let tick = 0; tick < 40; tick += 1) {
      const peer = joinOne(heartbeat, true);
      expect(peer.pings).toBe(0);
      pass(TICK);
      pass(INTERVAL - TICK);
      expect(peer.pings).toBe(1);
    }
  });

  it('lets other work in between the pings of many connections', () => {
    const peers = join(new Heartbeat(INTERVAL, INTERVAL), 10_000);
    const total = (): number => peers.reduce((sum, { pings }) => sum + pings, 0);
    jest.advanceTimersByTime(TICK);
    const seen: number[] = [];
    for (let turn = 0; turn <= TURNS; turn += 1) {
      jest.advanceTimersToNextTimer();
      seen.push(total());
    }
    expect(seen).toEqual([64, 128, 192, 256, 320, 384, 448, 512, 576, 625]);
  });

  it('pings nobody who left while others were pinged', () => {
    const peers = join(new Heartbeat(INTERVAL, INTERVAL), 10_000);
    pass(TICK);
    const heartbeat = peers[0]?.heartbeat;
    for (const peer of peers) heartbeat?.remove(peer);
    const before = peers.reduce((sum, { pings }) => sum + pings, 0);
    pass(INTERVAL);
    expect(before).toBe(64);
    expect(peers.reduce((sum, { pings }) => sum + pings, 0)).toBe(before);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('spreads the pings over the interval', () => {
    const peers = join(new Heartbeat(INTERVAL, INTERVAL), 10_000);
    const total = (): number => peers.reduce((sum, { pings }) => sum + pings, 0);
    pass(TURNS);
    for (let tick = 1; tick <= 16; tick += 1) {
      const before = total();
      jest.advanceTimersByTime(TICK);
      expect(total() - before).toBe(10_000 / 16);
    }
  });

  it('loses a connection whose pong does not come within the timeout, and no sooner', () => {
    const peer = joinOne(new Heartbeat(INTERVAL, 3 * TICK), false);
    pass(INTERVAL);
    expect(peer.pings).toBe(1);
    pass(2 * TICK);
    expect(peer.lost).toBe(0);
    pass(TICK);
    expect(peer.lost).toBe(1);
    pass(10 * INTERVAL);
    expect(peer.lost).toBe(1);
  });

  it('gives the pong a timeout that is longer than the interval', () => {
    const heartbeat = new Heartbeat(INTERVAL, 2 * INTERVAL);
    const peer = joinOne(heartbeat, false);
    pass(3 * INTERVAL - TICK);
    expect(peer.lost).toBe(0);
    expect(peer.pings).toBeGreaterThan(1);
    pass(TICK);
    expect(peer.lost).toBe(1);
  });

  it('keeps a connection that answers, and loses its silent neighbour', () => {
    const heartbeat = new Heartbeat(INTERVAL, TICK);
    const alive = joinOne(heartbeat, true);
    const dead = joinOne(heartbeat, false);
    pass(10 * INTERVAL);
    expect([alive.lost, dead.lost]).toEqual([0, 1]);
    expect(alive.pings).toBe(10);
  });

  it('takes a late pong as one', () => {
    const heartbeat = new Heartbeat(INTERVAL, 3 * TICK);
    const peer = joinOne(heartbeat, false);
    pass(INTERVAL + 2 * TICK);
    peer.answer();
    pass(INTERVAL - 3 * TICK);
    expect(peer.lost).toBe(0);
  });

  it('holds nobody dead for a stall of the server', () => {
    const ticks = jest.spyOn(globalThis, 'setInterval');
    const peer = joinOne(new Heartbeat(INTERVAL, 2 * TICK), false);
    const [[tick] = []] = ticks.mock.calls;
    if (typeof tick !== 'function') throw new Error('no timer');
    pass(INTERVAL);
    expect(peer.pings).toBe(1);
    // The event loop stands still for ten minutes: the timer fires once, however much time is gone.
    jest.setSystemTime(Date.now() + 600_000);
    tick();
    pass(0);
    expect(peer.lost).toBe(0);
    ticks.mockRestore();
  });

  it('reads what came during a stall before it holds anybody dead', () => {
    const ticks = jest.spyOn(globalThis, 'setInterval');
    const heartbeat = new Heartbeat(INTERVAL, TICK);
    const peer = joinOne(heartbeat, false);
    const [[tick] = []] = ticks.mock.calls;
    if (typeof tick !== 'function') throw new Error('no timer');
    pass(INTERVAL);
    tick();
    // The sockets' turn in the event loop comes after that of the timers.
    peer.answer();
    pass(0);
    expect([peer.pings, peer.lost]).toEqual([1, 0]);
    ticks.mockRestore();
  });

  it('does not hold a connection dead whose pong it cannot see, and goes on pinging it', () => {
    const peer = joinOne(new Heartbeat(INTERVAL, TICK), false);
    peer.isReadingPaused = true;
    pass(5 * INTERVAL);
    expect([peer.lost, peer.pings]).toEqual([0, 5]);
    peer.isReadingPaused = false;
    pass(INTERVAL + TICK);
    expect(peer.lost).toBe(1);
  });

  it('looks, before each ping, whether a connection that it cannot see is still there', () => {
    const peer = joinOne(new Heartbeat(INTERVAL, TICK), false);
    peer.isReadingPaused = true;
    pass(2 * INTERVAL);
    expect([peer.peeks, peer.lost]).toEqual([2, 0]);
    peer.seesAll = true;
    pass(INTERVAL + TICK);
    expect([peer.peeks, peer.lost]).toEqual([3, 1]);
  });

  it('does not hold a connection dead whose pong may wait behind what was not read', () => {
    const heartbeat = new Heartbeat(INTERVAL, 4 * TICK);
    const peer = joinOne(heartbeat, false);
    pass(INTERVAL);
    peer.isReadingPaused = true;
    pass(3 * TICK);
    peer.isReadingPaused = false;
    heartbeat.onReadingResumed(peer);
    pass(4 * TICK);
    expect(peer.lost).toBe(0);
    pass(INTERVAL);
    expect(peer.lost).toBe(1);
  });

  it('does not hold a connection dead that was paused after its ping', () => {
    const peer = joinOne(new Heartbeat(INTERVAL, 4 * TICK), false);
    pass(INTERVAL);
    peer.isReadingPaused = true;
    pass(4 * TICK);
    expect(peer.lost).toBe(0);
  });

  it('forgets a connection that left while its pong was awaited', () => {
    const heartbeat = new Heartbeat(INTERVAL, TICK);
    const peer = joinOne(heartbeat, false);
    pass(INTERVAL);
    heartbeat.remove(peer);
    pass(INTERVAL);
    expect([peer.pings, peer.lost]).toEqual([1, 0]);
  });

  it('forgets a connection that ends by its own ping', () => {
    const heartbeat = new Heartbeat(INTERVAL, TICK);
    const peer = joinOne(heartbeat, false);
    peer.ping = () => heartbeat.remove(peer);
    pass(3 * INTERVAL);
    expect(peer.lost).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('pings all that stay once in each interval, whoever leaves in between', () => {
    const heartbeat = new Heartbeat(INTERVAL, TICK);
    const peers = join(heartbeat, 200);
    const leavers = peers.filter((_, index) => index % 3 === 0 || index > 190);
    for (const peer of leavers) heartbeat.remove(peer);
    pass(INTERVAL);
    const pings = peers.map((peer) => peer.pings);
    expect(pings).toEqual(peers.map((peer) => (leavers.includes(peer) ? 0 : 1)));
    for (const peer of peers) heartbeat.remove(peer);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('pings nobody that left during the ping of another', () => {
    const heartbeat = new Heartbeat(INTERVAL, TICK);
    // Every sixteenth shares the turn of the first.
    const peers = join(heartbeat, 64).filter((_, index) => index % 16 === 0);
    const [first, second, third, fourth] = peers;
    if (!first || !second || !third || !fourth) throw new Error('too few');
    const ping = jest.spyOn(first, 'ping').mockImplementation(() => {
      heartbeat.remove(first);
      heartbeat.remove(third);
    });
    pass(INTERVAL);
    expect(ping).toHaveBeenCalledTimes(1);
    expect([second.pings, third.pings, fourth.pings]).toEqual([1, 0, 1]);
  });

  describe('takes as a sign of life', () => {
    const HOUR = 3_600_000;
    /** Each turn something happens to the peer, for so many intervals. */
    const live = (intervals: number, happens: () => void): void => {
      for (let tick = 0; tick < intervals * 16; tick += 1) {
        happens();
        pass(TICK - 1);
      }
    };

    it('a pong that says what the ping said, and no other', () => {
      const heartbeat = new Heartbeat(INTERVAL, TICK);
      const answers = joinOne(heartbeat, true);
      const guesses = joinOne(heartbeat, false);
      jest.spyOn(guesses, 'ping').mockImplementation(() => {
        expect(heartbeat.onPong(guesses, Buffer.alloc(0))).toBe(false);
        expect(heartbeat.onPong(guesses, Buffer.alloc(8))).toBe(false);
      });
      pass(2 * INTERVAL);
      expect([answers.lost, guesses.lost]).toEqual([0, 1]);
    });

    it('a pong for any ping since the last one that was answered, once', () => {
      const heartbeat = new Heartbeat(INTERVAL, 3 * INTERVAL);
      const peer = joinOne(heartbeat, false);
      pass(INTERVAL);
      const first = peer.answer.bind(peer);
      pass(INTERVAL);
      expect([first(), first()]).toEqual([true, false]);
      pass(3 * INTERVAL);
      expect(peer.lost).toBe(0);
    });

    it('bytes that come, and loses the peer when they end', () => {
      const peer = joinOne(new Heartbeat(INTERVAL, 4 * TICK), false);
      live(10, () => (peer.heard += 1));
      expect(peer.lost).toBe(0);
      pass(INTERVAL + 4 * TICK);
      expect(peer.lost).toBe(1);
    });

    it('bytes that come now and then, where the timeout is longer than the interval', () => {
      const peer = joinOne(new Heartbeat(INTERVAL, 3 * INTERVAL), false);
      for (let byte = 0; byte < 5; byte += 1) {
        peer.heard += 1;
        pass(3 * INTERVAL - TICK);
      }
      expect(peer.lost).toBe(0);
      pass(INTERVAL + TICK);
      expect(peer.lost).toBe(1);
    });

    it('that bytes are taken while others wait before the ping', () => {
      const peer = joinOne(new Heartbeat(INTERVAL, 4 * TICK), false);
      peer.isWaiting = true;
      live(10, () => (peer.taken += 1024 * 1024));
      expect(peer.lost).toBe(0);
    });

    it('not that bytes are taken where none waited: the network took them, and the ping', () => {
      const peer = joinOne(new Heartbeat(INTERVAL, 4 * TICK), false);
      live(3, () => (peer.taken += 1024));
      expect(peer.lost).toBe(1);
    });

    it('not that bytes wait and none is taken', () => {
      const peer = joinOne(new Heartbeat(INTERVAL, 4 * TICK), false);
      peer.isWaiting = true;
      peer.taken = 1024;
      pass(INTERVAL + 4 * TICK);
      expect(peer.lost).toBe(1);
    });

    it('the time that its pace leaves for what the network still holds', () => {
      const peer = joinOne(new Heartbeat(INTERVAL, TICK), false);
      peer.isWaiting = true;
      // A megabyte an interval: the six that the buffers may hold take six intervals.
      live(4, () => (peer.taken += 65_536));
      peer.isWaiting = false;
      pass(5 * INTERVAL);
      expect(peer.lost).toBe(0);
      pass(3 * INTERVAL);
      expect(peer.lost).toBe(1);
    });

    it('the same for five minutes at most', () => {
      const peer = joinOne(new Heartbeat(INTERVAL, TICK), false);
      peer.isWaiting = true;
      live(4, () => (peer.taken += 1));
      pass(HOUR);
      expect(peer.lost).toBe(1);
    });
  });
});
