import { eventually, sleep } from '../../support/deadline.js';
import { BrokerLog, outcomeOf } from '../../support/records/broker-log.js';
import { RedisStage } from '../../support/servers/redis-stage.js';

const KEPT = { history: { messages: 1_000, age: 60_000 } };
const ROOM = 'chat/blue';

const numbers = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${index + 1}`);

let stage: RedisStage;

const publish = (log: BrokerLog, text: string, options?: object) =>
  log.link.publish(ROOM, Buffer.from(text), options);

/** The texts that are kept, each with its offset. */
async function keptIn(log: BrokerLog): Promise<string[]> {
  const { entries } = await log.history.read(ROOM, undefined, 1_000);
  return entries.map(({ step, packet }) => `${step.offset} ${packet.toString()}`);
}

afterEach(() => stage.close());

describe('a link to Redis that is cut', () => {
  beforeEach(async () => {
    stage = await RedisStage.open();
  });

  it('is lost once, and comes back once, without subscriptions', async () => {
    const [log, other] = [await stage.link(), await stage.directLink()];
    await log.link.subscribe([ROOM]);
    stage.proxy.cut();
    await log.isLost();
    await publish(other, 'missed');
    stage.proxy.mend();
    await log.isReady();
    await publish(other, 'missed too');
    await log.link.subscribe([ROOM]);
    await publish(other, 'heard');
    await log.hears(ROOM, ['heard']);
    expect([log.lost, log.ready]).toEqual([[undefined], [undefined]]);
  });

  it('refuses at once while it is lost', async () => {
    const log = await stage.link();
    stage.proxy.cut();
    await log.isLost();
    const start = performance.now();
    expect(await outcomeOf(publish(log, '1'))).toBe('refused');
    expect(await outcomeOf(publish(log, '1', KEPT))).toBe('refused');
    expect(await outcomeOf(log.link.subscribe([ROOM]))).toBe('refused');
    expect(await outcomeOf(log.history.positions([ROOM]))).toBe('refused');
    await log.link.unsubscribe([ROOM]);
    expect(performance.now() - start).toBeLessThan(500);
  });

  it('does not know what became of what was under way', async () => {
    const [log, other] = [await stage.link(), await stage.directLink()];
    await other.link.subscribe([ROOM]);
    stage.proxy.stall('toClient');
    const outcome = outcomeOf(publish(log, 'under way'));
    await other.hears(ROOM, ['under way']);
    stage.proxy.cut();
    expect(await outcome).toBe('unknown');
    stage.proxy.mend();
    await log.isReady();
    expect(other.textsOf(ROOM)).toEqual(['under way']);
  });

  it('gives up its other connection too, which would hold subscriptions of nobody', async () => {
    const log = await stage.link();
    await log.link.subscribe([ROOM]);
    const admin = stage.admin();
    stage.proxy.connections[0]?.reset();
    await log.isLost();
    await log.isReady();
    expect(await admin.pubsub('NUMSUB', 'test:c:chat/blue')).toEqual(['test:c:chat/blue', 0]);
    expect(log.lost).toHaveLength(1);
  });

  it('keeps its commands where Redis cuts its subscriptions alone', async () => {
    const log = await stage.link();
    const admin = stage.admin();
    const before = String(await admin.call('client', 'list', 'type', 'normal'));
    await admin.call('client', 'kill', 'type', 'pubsub');
    await log.isLost();
    await log.isReady();
    const idsOf = (list: string) => [...list.matchAll(/\bid=(\d+)/g)].map(([, id]) => id);
    expect(idsOf(String(await admin.call('client', 'list', 'type', 'normal')))).toEqual(
      idsOf(before),
    );
  });

  it('is cut by Redis where its packets are not read, and comes back', async () => {
    const [log, other] = [await stage.link(), await stage.directLink()];
    await stage.admin().config('SET', 'client-output-buffer-limit', 'pubsub 1mb 0 0');
    await log.link.subscribe([ROOM]);
    stage.proxy.stall('toClient');
    const big = Buffer.alloc(256 * 1024);
    for (let sent = 0; sent < 100; sent += 1) await other.link.publish(ROOM, big);
    stage.proxy.mend();
    await log.isLost();
    await log.isReady();
    await log.link.subscribe([ROOM]);
    await publish(other, 'last');
    await eventually(() => expect(log.textsOf(ROOM).at(-1)).toBe('last'), 'the last packet');
  });
});

describe('what was under way with history', () => {
  beforeEach(async () => {
    stage = await RedisStage.open();
  });

  it('is accepted once, in its order, though the answers are lost', async () => {
    const [log, other] = [await stage.link(), await stage.directLink()];
    await other.link.subscribe([ROOM]);
    stage.proxy.stall('toClient');
    const texts = numbers(300);
    const receipts = texts.map((text) => publish(log, text, KEPT));
    await other.hears(ROOM, texts);
    stage.proxy.reset();
    stage.proxy.mend();
    const offsets = (await Promise.all(receipts)).map(({ position }) => position?.offset);
    expect(offsets).toEqual(texts.map(Number));
    expect(await keptIn(other)).toEqual(texts.map((text) => `${text} ${text}`));
    expect(other.textsOf(ROOM)).toEqual(texts);
  });

  it('is accepted once, in its order, though the commands are lost', async () => {
    const [log, other] = [await stage.link(), await stage.directLink()];
    stage.proxy.stall('toServer');
    const texts = numbers(300);
    const receipts = texts.map((text) => publish(log, text, KEPT));
    stage.proxy.reset();
    stage.proxy.mend();
    const late = log.isReady().then(() => publish(log, '301', KEPT));
    await Promise.all([...receipts, late]);
    expect(await keptIn(other)).toEqual(numbers(301).map((text) => `${text} ${text}`));
  });

  it('is accepted once among those that others have published meanwhile', async () => {
    const [log, other] = [await stage.link(), await stage.directLink()];
    stage.proxy.stall('toClient');
    const mine = numbers(20).map((text) => publish(log, `mine ${text}`, KEPT));
    await eventually(async () => expect(await keptIn(other)).toHaveLength(20), 'them to be kept');
    stage.proxy.cut();
    for (const text of numbers(250)) await publish(other, text, KEPT);
    stage.proxy.mend();
    await Promise.all(mine);
    const kept = await keptIn(other);
    expect(kept).toHaveLength(270);
    expect(new Set(kept).size).toBe(270);
  });

  it('is not known where the history does not reach so far back', async () => {
    const few = { history: { messages: 10, age: 60_000 } };
    const [log, other] = [await stage.link(), await stage.directLink()];
    stage.proxy.stall('toClient');
    const outcome = outcomeOf(publish(log, 'mine', few));
    await eventually(async () => expect(await keptIn(other)).toHaveLength(1), 'it to be kept');
    stage.proxy.cut();
    for (const text of numbers(500)) await publish(other, text, few);
    stage.proxy.mend();
    expect(await outcome).toBe('unknown');
    expect((await other.history.positions([ROOM]))[0]?.offset).toBe(501);
  });

  it('is not known where the link does not come back in time', async () => {
    const log = await stage.link();
    stage.proxy.stall('toClient');
    const outcome = outcomeOf(publish(log, 'mine', KEPT));
    await eventually(async () => {
      const [known] = await stage.admin().keys('test:m:*');
      expect(known).toBeDefined();
    }, 'it to be kept');
    stage.proxy.cut();
    const start = performance.now();
    expect(await outcome).toBe('unknown');
    expect(performance.now() - start).toBeLessThan(6_000);
  });

  it('goes on when somebody has flushed the scripts', async () => {
    const log = await stage.link();
    await publish(log, '1', KEPT);
    await stage.admin().script('FLUSH');
    await Promise.all(['2', '3', '4'].map((text) => publish(log, text, KEPT)));
    expect(await keptIn(log)).toEqual(['1 1', '2 2', '3 3', '4 4']);
    expect(log.lost).toEqual([]);
  });

  it('keeps the order of what is published while somebody flushes the scripts', async () => {
    const [log, admin] = [await stage.link(), stage.admin()];
    // So that the answers come in parts.
    const large = 'x'.repeat(50_000);
    const texts = numbers(400);
    const sent: Promise<unknown>[] = [];
    for (const text of texts) {
      sent.push(publish(log, `${text} ${large}`, KEPT));
      if (Number(text) % 50 === 0) void admin.script('FLUSH');
      if (Number(text) % 5 === 0) await sleep(1);
    }
    await Promise.all(sent);
    const kept = await keptIn(log);
    expect(kept.map((line) => line.split(' ')[1])).toEqual(texts);
  });
});

describe('a Redis that answers nothing', () => {
  beforeEach(async () => {
    stage = await RedisStage.open();
  });

  it('is noticed in a black hole, and is back when it answers', async () => {
    const log = await stage.link();
    stage.proxy.stall();
    await log.isLost(1, 9_000);
    stage.proxy.mend();
    await log.isReady(1, 15_000);
    await log.link.subscribe([ROOM]);
    await publish(log, 'heard');
    await log.hears(ROOM, ['heard']);
  });

  it('is noticed where it is half open', async () => {
    const log = await stage.link();
    stage.proxy.halfOpen();
    await log.isLost(1, 9_000);
    await log.isReady();
  });

  it('is noticed where its process stands still', async () => {
    const log = await stage.link();
    stage.server.freeze();
    await log.isLost(1, 9_000);
    stage.server.thaw();
    await log.isReady(1, 15_000);
  });
});

describe('a Redis that is killed', () => {
  it('begins another chain when it starts empty', async () => {
    stage = await RedisStage.open();
    const log = await stage.link();
    const before = await publish(log, '1', KEPT);
    await stage.server.restart();
    await log.isReady();
    const [start] = await log.history.positions([ROOM]);
    expect(start?.offset).toBe(0);
    const { position } = await publish(log, 'new 1', KEPT);
    expect(position?.offset).toBe(1);
    expect(position?.tag).not.toBe(before.position?.tag);
    const { entries } = await log.history.read(ROOM, undefined, 10);
    expect(entries.map(({ step }) => step.prev)).toEqual([start?.tag]);
  });

  it('goes on with the chain where it has kept it', async () => {
    stage = await RedisStage.open({ appendOnly: true });
    const log = await stage.link();
    const before = await publish(log, '1', KEPT);
    await stage.server.restart();
    await log.isReady();
    expect(await log.history.positions([ROOM])).toEqual([before.position]);
    await publish(log, '2', KEPT);
    expect(await keptIn(log)).toEqual(['1 1', '2 2']);
  });

  it('is waited for as long as it takes, and nothing ends the process', async () => {
    stage = await RedisStage.open();
    const log = await stage.link();
    await stage.server.kill();
    await log.isLost();
    expect(await outcomeOf(publish(log, '1'))).toBe('refused');
    await stage.server.restart();
    await log.isReady();
    expect(await outcomeOf(publish(log, '1'))).toBe('accepted');
  });
});
