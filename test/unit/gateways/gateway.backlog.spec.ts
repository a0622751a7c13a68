import { jest } from '@jest/globals';
import { GatewayBacklog } from '../../../lib/gateways/gateway.backlog.js';
import type { SendLimits } from '../../../lib/send/send.queue.js';

class Client {
  bufferedAmount = 0;
  isMoved = false;
  dropped = 0;
  slow = 0;

  get hasUnsent(): boolean {
    return this.bufferedAmount > 0;
  }

  hasMoved(): boolean {
    const { isMoved } = this;
    this.isMoved = false;
    return isMoved;
  }

  onFault(error: unknown): void {
    throw error;
  }

  onDropped(): void {
    this.dropped += 1;
  }

  onSlowConsumer(): void {
    this.slow += 1;
  }
}

function backlogOf(limits: Partial<SendLimits> = {}): { client: Client; backlog: GatewayBacklog } {
  const client = new Client();
  const backlog = new GatewayBacklog(client, {
    highWaterMark: 100,
    policy: 'wait',
    timeout: 1_000,
    maxWaiting: { messages: 2, bytes: 100 },
    ...limits,
  });
  return { client, backlog };
}

describe('GatewayBacklog', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each(['wait', 'drop', 'close'] as const)('admits up to the mark (%s)', (policy) => {
    const { client, backlog } = backlogOf({ policy });
    client.bufferedAmount = 100;
    expect(backlog.admit()).toBe(true);
    expect([client.dropped, client.slow]).toEqual([0, 0]);
  });

  it.each([
    ['drop', [1, 0]],
    ['close', [0, 1]],
  ] as const)('admits nothing above the mark (%s)', (policy, expected) => {
    const { client, backlog } = backlogOf({ policy });
    client.bufferedAmount = 101;
    expect(backlog.admit()).toBe(false);
    expect([client.dropped, client.slow]).toEqual(expected);
  });

  it('admits up to 16 marks where it waits', () => {
    const { client, backlog } = backlogOf();
    client.bufferedAmount = 1_600;
    expect(backlog.admit()).toBe(true);
    client.bufferedAmount = 1_601;
    expect(backlog.admit()).toBe(false);
    expect(client.slow).toBe(1);
  });

  it('admits so many messages more where it waits, each time that the mark is passed', () => {
    const { client, backlog } = backlogOf();
    for (let round = 0; round < 2; round += 1) {
      client.bufferedAmount = 100;
      expect(backlog.admit()).toBe(true);
      client.bufferedAmount = 101;
      for (let message = 0; message < 30; message += 1) expect(backlog.admit()).toBe(true);
    }
    expect(backlog.admit()).toBe(false);
    expect(client.slow).toBe(1);
  });

  it.each([1, 101])('gives up on a client that takes nothing of %i bytes', (bytes) => {
    const { client, backlog } = backlogOf();
    client.bufferedAmount = bytes;
    backlog.watchForStall();
    jest.advanceTimersByTime(999);
    backlog.watchForStall();
    backlog.onTaken();
    expect(client.slow).toBe(0);
    jest.advanceTimersByTime(1);
    expect(client.slow).toBe(1);
  });

  it('begins anew with each byte that is taken', () => {
    const { client, backlog } = backlogOf();
    client.bufferedAmount = 1_000;
    backlog.watchForStall();
    for (let round = 0; round < 3; round += 1) {
      jest.advanceTimersByTime(999);
      client.bufferedAmount -= 1;
      client.isMoved = true;
    }
    expect(client.slow).toBe(0);
    jest.advanceTimersByTime(1_250);
    expect(client.slow).toBe(1);
  });

  it('has streams wait for room, under the same deadline and whatever the policy', async () => {
    const { client, backlog } = backlogOf({ policy: 'drop' });
    expect(backlog.room()).toBeUndefined();
    client.bufferedAmount = 101;
    const room = backlog.room();
    client.bufferedAmount = 0;
    backlog.onTaken();
    await room;
    client.bufferedAmount = 101;
    void backlog.room();
    jest.advanceTimersByTime(1_000);
    expect(client.slow).toBe(1);
  });

  it('lets streams go and stops the clock when it is closed', async () => {
    const { client, backlog } = backlogOf();
    client.bufferedAmount = 101;
    const room = backlog.room();
    backlog.close();
    await room;
    expect(jest.getTimerCount()).toBe(0);
    expect(client.slow).toBe(0);
  });
});
