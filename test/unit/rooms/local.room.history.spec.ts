import { jest } from '@jest/globals';

import { AT_ONCE } from '../../../lib/rooms/local.room.js';
import { Client, HistoryRoom, turn } from '../../support/faults/history-room.js';

/** Members enough for a broadcast to need several turns. */
const SLICED = AT_ONCE + 88;

describe('LocalRoom with history', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('queues nothing for a member that does not read, and tells it all when it does', async () => {
    const bench = new HistoryRoom({ size: 2, ring: 4 });
    const [slow, fast] = bench.clients;
    slow?.read(2);
    bench.publish(50);
    expect(slow?.messages).toBe(2);
    expect(fast?.messages).toBe(50);
    expect(bench.room.behind).toBe(1);
    slow?.read(10);
    await bench.settle();
    expect(slow?.messages).toBe(50);
    bench.publish();
    bench.expectAllAtEnd();
    expect(bench.counters.memberGaps).toBe(0);
  });

  it('tells a member that reads too slowly of a gap before it tells it anything else', async () => {
    const bench = new HistoryRoom({ size: 1 });
    const [slow] = bench.clients;
    slow?.read(0);
    for (let count = 0; count < 3; count += 1) bench.history.publish();
    bench.history.onTheWay.splice(0, 2);
    bench.history.trim(3);
    bench.deliverAll();
    await turn();
    bench.history.reads[0]?.look();
    bench.history.reads[0]?.answer();
    await turn();
    expect(slow?.gaps).toBe(1);
    await bench.settle();
    bench.publish();
    bench.expectAllAtEnd();
  });

  it('tells a member of a fork that was behind when it came', async () => {
    const bench = new HistoryRoom({ size: 2 });
    const [slow] = bench.clients;
    bench.publish(8);
    slow?.read(0);
    bench.publish(2);
    expect(bench.room.behind).toBe(1);
    bench.history.fork(5);
    bench.publish();
    await turn();
    bench.history.reads[0]?.look();
    bench.history.reads[0]?.answer();
    await turn();
    slow?.read(Infinity);
    await bench.settle();
    expect(slow?.gaps).toBe(1);
    bench.publish();
    bench.expectAllAtEnd();
  });

  it('tells one that is ahead nothing again, though something without a place comes between', async () => {
    const bench = new HistoryRoom({ published: 5 });
    const client = new Client();
    bench.history.publish();
    client.at = bench.history.last;
    const resuming = bench.resume(client);
    bench.history.reads[0]?.look();
    bench.history.reads[0]?.answer();
    await resuming;
    bench.local();
    bench.deliverAll();
    bench.publish();
    await bench.settle();
    expect(client.lines[0]).toMatch(/ 1$/);
    expect(client).toMatchObject({ messages: 1, locals: 0, gaps: 0 });
    bench.expectAllAtEnd();
  });

  it('tells one that goes on from a history that has ended while it was let in', async () => {
    const bench = new HistoryRoom({ published: 5 });
    const client = new Client();
    client.at = bench.history.last;
    const beginning = await bench.tail.beginningOf(bench.history.last, 0);
    bench.history.fork(3);
    bench.publish();
    await bench.settle();
    bench.clients.push(client);
    bench.room.add(client, beginning);
    bench.publish(4);
    await bench.settle();
    expect(client.lines[0]).toMatch(/^j chat\/blue 5\.\w+ 1$/);
    expect(client.lines[1]).toMatch(/^g chat\/blue /);
    expect(client.gaps).toBe(1);
    bench.expectAllAtEnd();
  });

  it('loses nothing where more waits behind a broadcast than may wait', async () => {
    const bench = new HistoryRoom({ size: SLICED });
    bench.publish(150);
    expect(bench.turns).toHaveLength(1);
    await bench.settle();
    for (const client of bench.clients) expect(client.messages).toBe(150);
    bench.publish();
    await bench.settle();
    bench.expectAllAtEnd();
    expect(bench).toMatchObject({ drops: 0, counters: { dropped: 0, memberGaps: 0 } });
  });

  it('tells those who come while too much waits what follows, and nothing twice', async () => {
    const bench = new HistoryRoom({ size: SLICED });
    bench.publish(80);
    const late = bench.join();
    bench.publish(20);
    const later = bench.join();
    bench.publish(7);
    const resumed = new Client();
    resumed.at = bench.tail.position;
    bench.publish(3);
    await bench.resume(resumed);
    bench.publish(5);
    await bench.settle();
    expect([late.messages, later.messages, resumed.messages]).toEqual([35, 15, 8]);
    bench.publish();
    await bench.settle();
    bench.expectAllAtEnd();
  });

  it('tells a gap where a fork comes while too much waits', async () => {
    const bench = new HistoryRoom({ size: SLICED });
    bench.publish(80);
    bench.history.fork(10);
    bench.publish(3);
    bench.history.reads[0]?.look();
    bench.history.reads[0]?.answer();
    await turn();
    bench.publish(100);
    await bench.settle();
    for (const { gaps } of bench.clients) expect(gaps).toBe(1);
    bench.publish();
    await bench.settle();
    bench.expectAllAtEnd();
  });
});
