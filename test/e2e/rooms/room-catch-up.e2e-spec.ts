import { HistoryApp, lineOf, say, story } from '../../support/apps/history-app.js';
import { platforms } from '../../support/apps/platforms.js';
import { sizeOf } from '../../support/apps/rooms-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import type { TestClient } from '../../support/clients/test-client.js';
import { eventually } from '../../support/deadline.js';

const MARK = 64 * 1024;
const SIZE = 10_000;
/** More than the kernel's buffers take. */
const BURST = 1000;

const textOf = (index: number): string => `${index} `.padEnd(SIZE, '.');
const numberOf = (text: string): number => parseInt(text, 10);

async function burst(room: {
  broadcast(message: string): Promise<unknown>;
}): Promise<readonly number[]> {
  for (let index = 0; index < BURST; index += 1) await room.broadcast(textOf(index));
  return Array.from({ length: BURST }, (_, index) => index);
}

/** The numbers of the messages up to the end, and gaps as -1. */
async function numbers(client: TestClient): Promise<number[]> {
  const list: number[] = [];
  for (;;) {
    const { kind, payload } = lineOf(await client.text());
    if (payload === 'end') return list;
    if (kind === 'g') list.push(-1);
    if (kind === 'm') list.push(numberOf(payload));
  }
}

describe.each(platforms)('Members that catch up ($name)', (platform) => {
  afterEach(closeAllApps);

  it('hold no more than their mark while they do not read, then get everything once', async () => {
    const app = await HistoryApp.start(platform);
    const room = app.kept.at('a');
    const slow = await app.headed('kept/a');
    const connection = await app.connection(0);
    const fast = await app.headed('kept/a');
    const bare = await app.app.connect('kept/a');
    await app.connection(2);
    slow.pause();
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, connection.bufferedAmount)), 1);
    const sent = await burst(room);
    most = Math.max(most, connection.bufferedAmount);
    clearInterval(watch);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(MARK + 2 * SIZE);
    await say(room, 'end');
    expect(await numbers(fast)).toEqual(sent);
    slow.resume();
    expect(await numbers(slow)).toEqual(sent);
    expect(await bare.text()).toBe('welcome');
    for (const index of sent) expect(numberOf(await bare.text())).toBe(index);
  });

  it('are told of a gap where what they missed is kept no more, or closed where they cannot be', async () => {
    const app = await HistoryApp.start(platform, { ring: { messages: 2 } });
    const room = app.short.at('a');
    const slow = await app.headed('short/a');
    const bare = await app.app.connect('short/a');
    await app.connection(1);
    slow.pause();
    bare.pause();
    await burst(room);
    slow.resume();
    bare.resume();
    expect(await bare.closed).toMatchObject({ code: 1008, reason: 'Slow consumer' });
    await eventually(() => expect(slow.received).toBeGreaterThan(10), 'what was under way');
    await eventually(() => expect(sizeOf(room)).toBe(1), 'the end of the bare one');
    await say(room, 'end');
    const told = await numbers(slow);
    expect(told.filter((each) => each === -1)).toHaveLength(1);
    const gap = told.indexOf(-1);
    expect(told.slice(0, gap)).toEqual(Array.from({ length: gap }, (_, index) => index));
    const rest = told.slice(gap + 1);
    expect(rest).toEqual(rest.map((_, index) => BURST - rest.length + index));
  });

  it('may leave, be expelled, or end meanwhile', async () => {
    const app = await HistoryApp.start(platform);
    const room = app.kept.at('a');
    const clients = [
      await app.headed('kept/a'),
      await app.headed('kept/a'),
      await app.headed('kept/a'),
    ];
    const [leaver, expelled, ender] = clients;
    const first = await app.connection(0);
    const second = await app.connection(1);
    await app.connection(2);
    const { id } = second;
    for (const client of clients) client.pause();
    await burst(room);
    room.leave(first);
    await room.expel({ connection: id });
    ender?.terminate();
    await eventually(() => expect(sizeOf(room)).toBe(0), 'nobody');
    await room.join(first);
    for (const client of clients) client.resume();
    await say(room, 'end');
    const told = leaver ? await numbers(leaver) : [];
    expect(told.length).toBeLessThan(BURST);
    expect(told).toEqual(told.map((_, index) => index));
    await second.send('over');
    for (let text = ''; text !== 'over';) text = lineOf((await expelled?.text()) ?? '').payload;
  });

  it('are many: nobody of 600 misses anything, however much waits', async () => {
    const app = await HistoryApp.start(platform);
    const room = app.kept.at('a');
    const client = await app.headed('kept/a');
    expect(await story(client, 2)).toEqual(['j 0', 'welcome']);
    const crowd = await Promise.all(Array.from({ length: 600 }, () => app.app.connect('kept/a')));
    await eventually(() => expect(sizeOf(room)).toBe(601), 'all');
    const texts = Array.from({ length: 100 }, (_, index) => String(index));
    await Promise.all(texts.map((text) => room.broadcast(text)));
    await eventually(
      () => expect(Math.min(...crowd.map(({ received }) => received))).toBe(101),
      'all messages',
      30_000,
    );
    const [one] = crowd;
    expect(await one?.text()).toBe('welcome');
    for (const text of texts) expect(await one?.text()).toBe(text);
    expect(await story(client, 100)).toEqual(texts.map((text) => `m ${text}`));
  });

  it('are many, and told of a gap where nothing is kept', async () => {
    const app = await HistoryApp.start(platform);
    const room = app.bare.at('a');
    const client = await app.headed('bare/a');
    expect(await story(client, 2)).toEqual(['j 0', 'welcome']);
    await Promise.all(Array.from({ length: 600 }, () => app.app.connect('bare/a')));
    await eventually(() => expect(sizeOf(room)).toBe(601), 'all');
    const texts = Array.from({ length: 100 }, (_, index) => String(index));
    await Promise.all(texts.map((text) => room.broadcast(text)));
    await eventually(() => expect(app.bare.gaps).toEqual([{ room: 'a' }]), 'the gap');
    await say(room, 'end');
    const told: string[] = [];
    while (told.at(-1) !== 'm end') told.push(...(await story(client, 1)));
    const gap = told.indexOf('g');
    expect(told.slice(0, gap)).toEqual(texts.slice(0, gap).map((text) => `m ${text}`));
    expect(gap).toBeLessThan(100);
    expect(told.slice(gap + 1)).toEqual(['m end']);
  });
});
