import type { INestApplication } from '@nestjs/common';
import { connect, type TestWebSocket } from 'nestjs-revali-ws/testing';

import { RecordingLogger } from '../../../test/support/records/recording-logger.js';
import { createApp } from '../src/create-app.js';
import type { FeedMessage, MetersMessage } from '../src/feed/feed.controller.js';

/** More than a block takes. */
const BLOCK_BYTES = 60_000;

// Without a port: there is no kernel in between that would take megabytes for a reader.
describe('the live feed', () => {
  let app: INestApplication;
  let meters: TestWebSocket;

  beforeEach(async () => {
    app = await createApp({ logger: new RecordingLogger() });
    await app.init();
    meters = await connect(app, '/feed/meters', { contract: true });
  });
  afterEach(() => app.close());

  /** The next meters that are as expected. */
  async function until(check: (message: MetersMessage) => boolean): Promise<MetersMessage> {
    for (;;) {
      const message = await meters.json<MetersMessage>();
      if (check(message)) return message;
    }
  }

  it('gives a reader one block after another, without a gap', async () => {
    const feed = await connect(app, '/feed/blocks', { contract: true });
    const first = await feed.json<FeedMessage>();
    let last = first;
    for (let block = 0; block < 20; block += 1) {
      const next = await feed.json<FeedMessage>();
      expect(next.number).toBeGreaterThanOrEqual(last.number);
      expect(next.reader).toBe(first.reader);
      expect(next.samples).toHaveLength(8000);
      last = next;
    }
    await until(({ readers }) => {
      const reading = readers[first.reader];
      return reading !== undefined && reading.produced > 20 && !reading.isWaiting;
    });
  });

  it('lets the generator of a reader that stopped wait, and only that one', async () => {
    const [fast, slow] = [await connect(app, '/feed/blocks'), await connect(app, '/feed/blocks')];
    const { reader: fastId } = await fast.json<FeedMessage>();
    const { reader: slowId } = await slow.json<FeedMessage>();
    slow.pause();
    const waits = ({ mark, readers }: MetersMessage) => (readers[slowId]?.buffered ?? 0) > mark;
    const before = await until(waits);
    const produced = (message: MetersMessage, id: string) => message.readers[id]?.produced ?? 0;

    const after = await until(
      (message) => produced(message, fastId) > produced(before, fastId) + 20,
    );
    expect(after.readers[slowId]).toEqual({ ...before.readers[slowId], isWaiting: true });
    expect(after.readers[slowId]?.buffered).toBeLessThan(after.mark + BLOCK_BYTES);
    expect(after.readers[fastId]?.buffered).toBeLessThan(after.mark);

    // It goes on with what is measured now, not with what was missed.
    slow.resume();
    let read = 1;
    while ((await slow.json<FeedMessage>()).number < after.number) read += 1;
    expect(read).toBeLessThanOrEqual(produced(after, slowId));
  });

  it('ends the generator with its reader', async () => {
    const feed = await connect(app, '/feed/blocks');
    const { reader } = await feed.json<FeedMessage>();
    await until(({ readers }) => reader in readers);
    await feed.close();
    await until(({ readers }) => !(reader in readers));
  });
});
