import { jest } from '@jest/globals';

import { BeatPool, Beats, type BeatPeer } from '../../../lib/connection/beats.js';

/** A connection that counts what it is sent. */
class FakePeer implements BeatPeer {
  sentMessages = 0;
  beats = 0;
  isBehind = false;
  readonly faults: unknown[] = [];

  sendBeat(): boolean {
    if (!this.isBehind) this.beats += 1;
    return !this.isBehind;
  }

  onFault(error: unknown): void {
    this.faults.push(error);
  }
}

describe('beats', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('come once an interval to a connection that is sent nothing', () => {
    const beats = new Beats(1_600);
    const peer = new FakePeer();
    const release = beats.add(peer);
    jest.advanceTimersByTime(1_599);
    expect(peer.beats).toBe(0);
    jest.advanceTimersByTime(401);
    expect(peer.beats).toBe(1);
    jest.advanceTimersByTime(16_000);
    expect(peer.beats).toBe(11);
    release();
  });

  it('come neither earlier than an interval after a message, nor a quarter later', () => {
    const beats = new Beats(1_600);
    const peer = new FakePeer();
    const release = beats.add(peer);
    for (let at = 0; at < 40; at += 1) {
      jest.advanceTimersByTime(170 + at);
      const { beats: before } = peer;
      peer.sentMessages += 1;
      jest.advanceTimersByTime(1_599);
      expect(peer.beats).toBe(before);
      jest.advanceTimersByTime(401);
      expect(peer.beats).toBe(before + 1);
    }
    release();
  });

  it('never come to a connection that is sent something more often', () => {
    const beats = new Beats(1_600);
    const peer = new FakePeer();
    const release = beats.add(peer);
    for (let message = 0; message < 50; message += 1) {
      peer.sentMessages += 1;
      jest.advanceTimersByTime(1_500);
    }
    expect(peer.beats).toBe(0);
    release();
  });

  it('wait for a connection that is behind, and come with the next look', () => {
    const beats = new Beats(1_600);
    const peer = new FakePeer();
    const release = beats.add(peer);
    peer.isBehind = true;
    jest.advanceTimersByTime(5_000);
    peer.isBehind = false;
    jest.advanceTimersByTime(400);
    expect(peer.beats).toBe(1);
    release();
  });

  it('are spread: connections made together do not all get theirs together', () => {
    const beats = new Beats(1_600);
    const peers = Array.from({ length: 8 }, () => new FakePeer());
    const releases = peers.map((peer) => beats.add(peer));
    const counts = Array.from({ length: 20 }, () => {
      jest.advanceTimersByTime(100);
      return peers.reduce((sum, peer) => sum + peer.beats, 0);
    });
    expect(counts.at(-1)).toBe(8);
    expect(new Set(counts)).toEqual(new Set([0, 2, 4, 6, 8]));
    for (const release of releases) release();
  });

  it('use one timer for all, which ends with the last of them', () => {
    const pool = new BeatPool();
    const releases = Array.from({ length: 100 }, () => pool.get(1_000)?.add(new FakePeer()));
    expect(jest.getTimerCount()).toBe(1);
    for (const release of releases) release?.();
    for (const release of releases) release?.();
    expect(jest.getTimerCount()).toBe(0);
    const again = pool.get(1_000)?.add(new FakePeer());
    expect(jest.getTimerCount()).toBe(1);
    again?.();
    expect(pool.get(false)).toBeUndefined();
  });

  it('charge the connection with its fault, and go on with the others', () => {
    const beats = new Beats(1_600);
    const faulty = new FakePeer();
    const fault = new Error('broken');
    jest.spyOn(faulty, 'sendBeat').mockImplementation(() => {
      throw fault;
    });
    const others = Array.from({ length: 4 }, () => new FakePeer());
    const releases = [faulty, ...others].map((peer) => beats.add(peer));
    jest.advanceTimersByTime(2_000);
    expect(faulty.faults[0]).toBe(fault);
    expect(others.map((peer) => peer.beats)).toEqual([1, 1, 1, 1]);
    for (const release of releases) release();
  });
});
