import { ALONE, noise, startFeed, times, words } from '../../support/apps/compressed-feed.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { eventually } from '../../support/deadline.js';
import { DeflateClient } from '../../support/raw/deflate-client.js';
import { close } from '../../support/raw/frames.js';
import { decodeClose, Opcode } from '../../support/raw/raw-frame.js';
import { watch } from '../../support/raw/sights.js';
import { Deflations } from '../../support/records/deflations.js';

describe.each(platforms)('a message compressed once on $name', (platform) => {
  let deflations: Deflations;

  beforeEach(() => {
    deflations = new Deflations();
  });

  afterEach(async () => {
    await closeAllApps();
    deflations.stop();
  });

  it('comes in the order of the sends, and before a close', async () => {
    const { app, feed, come } = await startFeed(platform);
    const clients = await times(3, () => app.connect('reader'));
    const raw = await DeflateClient.open(app, '/reader', ALONE);
    await come(4);
    const expected: string[] = [];
    const all = (text: string, isPrepared: boolean): void => {
      expected.push(text);
      if (isPrepared) feed.tell(text);
      else for (const reader of feed.readers) void reader.send(text);
    };
    for (let round = 0; round < 20; round += 1) {
      all(`${round} own, large ${words(1_000)}`, false);
      all(`${round} shared, large ${words(50_000)}`, true);
      all(`${round} own, small`, false);
      all(`${round} shared, small`, true);
      all(`${round} shared ${words(1_000)}`, true);
    }
    for (const reader of feed.readers) reader.close(4000, 'Done');
    for (const client of clients) {
      for (const text of expected) expect((await client.text()) === text).toBe(true);
      expect(await client.closed).toMatchObject({ code: 4000, reason: 'Done' });
    }
    for (const text of expected)
      expect((await raw.receive()).content.equals(Buffer.from(text))).toBe(true);
    const last = await raw.raw.nextFrame();
    expect([last.opcode, decodeClose(last.payload).code]).toEqual([Opcode.close, 4000]);
    // The server waits for the answer.
    feed.tell(words(1_000));
    await raw.raw.expectNothing();
  });

  it('reaches the others where the one that it is compressed for is cut', async () => {
    const { app, feed, come } = await startFeed(platform);
    const clients = await times(5, () => app.connect('reader'));
    await come(5);
    const text = words(5_000_000);
    feed.tell(text);
    feed.readers[0]?.socket?.terminate();
    feed.readers[1]?.socket?.terminate();
    const gone = await Promise.all(
      clients.map((client) =>
        client.text().then(
          (got) => got === text,
          () => undefined,
        ),
      ),
    );
    expect(gone.filter((isWhole) => isWhole === true)).toHaveLength(3);
    feed.tell('after');
    const open = clients.filter(({ isOpen }) => isOpen);
    expect(open).toHaveLength(3);
    for (const client of open) expect(await client.text()).toBe('after');
  });

  it('comes before the close that a client has asked for', async () => {
    const { app, feed, come } = await startFeed(platform);
    const clients = await times(3, () => DeflateClient.open(app, '/reader', ALONE));
    await come(3);
    feed.tell(words(2_000_000));
    for (const { raw } of clients) raw.frame(close(1000));
    for (const client of clients) {
      expect((await client.receive()).content.equals(Buffer.from(words(2_000_000)))).toBe(true);
      expect(await watch(client.raw, ['close 1000', 'gone'])).toEqual(['close 1000', 'gone']);
    }
  });

  it('leaves whole when the application shuts down', async () => {
    const { app, feed, come } = await startFeed(platform);
    const clients = await times(5, () => app.connect('reader'));
    await come(5);
    feed.tell(words(2_000_000));
    const closed = app.close();
    for (const client of clients) {
      expect((await client.text()) === words(2_000_000)).toBe(true);
      expect((await client.closed).code).toBe(1001);
    }
    await closed;
  });

  it('waits for a slow client, where it is counted, and passes nobody', async () => {
    const backpressure = { highWaterMark: 1e9, maxWaiting: { messages: 1e6, bytes: 1e9 } };
    const { app, feed, come } = await startFeed(platform, { forRoot: { backpressure } });
    const slow = await app.connect('reader');
    await come(1);
    const fast = await app.connect('reader');
    await come(2);
    slow.pause();
    const bytes = noise(100_000);
    for (let count = 0; count < 200; count += 1) {
      feed.tell(bytes);
      feed.tell(`${count}`);
    }
    const [reader] = feed.readers;
    expect(reader?.bufferedAmount).toBeGreaterThan(200 * bytes.length);
    for (let count = 0; count < 200; count += 1) {
      expect((await fast.binary()).equals(bytes)).toBe(true);
      expect(await fast.text()).toBe(`${count}`);
    }
    expect(reader?.bufferedAmount).toBeGreaterThan(10_000_000);
    slow.resume();
    for (let count = 0; count < 200; count += 1) {
      expect((await slow.binary()).equals(bytes)).toBe(true);
      expect(await slow.text()).toBe(`${count}`);
    }
    await eventually(() => expect(reader?.bufferedAmount).toBe(0), 'the buffer to be empty');
    expect(deflations.messages).toBe(200);
  });
});
