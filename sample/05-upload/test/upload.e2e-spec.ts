import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';

import { RevaliWsMetrics } from 'nestjs-revali-ws';

import { eventually } from '../../../test/support/deadline.js';
import { closeAllApps, type RunningApp } from '../../../test/support/apps/running-app.js';
import type { TestClient } from '../../../test/support/clients/test-client.js';
import { startSample } from '../../support/start-sample.js';
import { createApp } from '../src/create-app.js';
import type { Progress } from '../src/upload.js';
import { MAX_SIZE, Uploads } from '../src/uploads.js';
import { slowDisk } from './slow-disk.js';

const KIBIBYTE = 1024;

describe('the upload sample', () => {
  let sample: RunningApp;

  const announce = (size: number | string): Promise<TestClient> =>
    sample.connect(`/uploads/progress?size=${size}`);
  const openContent = (id: string): Promise<TestClient> => sample.connect(`/uploads/${id}/content`);
  const begin = async (size: number): Promise<{ progress: TestClient; content: TestClient }> => {
    const progress = await announce(size);
    const { id } = await progress.json<Progress>();
    return { progress, content: await openContent(id) };
  };
  const filesOnDisk = (): string[] => readdirSync(sample.app.get(Uploads).folder);
  const isRemoved = (): Promise<void> =>
    eventually(() => expect(filesOnDisk()).toEqual([]), 'the file to be removed');

  beforeEach(async () => {
    sample = await startSample(createApp);
  });
  afterEach(closeAllApps);

  it('tells what has arrived, and the digest of it all', async () => {
    const [first, second] = [randomBytes(60 * KIBIBYTE), randomBytes(40 * KIBIBYTE)];
    const { progress, content } = await begin(100 * KIBIBYTE);
    content.send(first);
    expect(await progress.json()).toMatchObject({ received: 60 * KIBIBYTE });
    expect(filesOnDisk()).toHaveLength(1);

    content.send(second);
    expect(await progress.json()).toMatchObject({
      received: 100 * KIBIBYTE,
      sha256: createHash('sha256').update(first).update(second).digest('hex'),
    });
    expect(await content.closed).toMatchObject({ code: 1000, reason: 'Complete' });
    expect(await progress.closed).toMatchObject({ code: 1000, reason: 'Normal closure' });
    await isRemoved();
  });

  it('takes an empty file', async () => {
    const progress = await announce(0);
    const sha256 = createHash('sha256').digest('hex');
    expect(await progress.json()).toMatchObject({ received: 0, sha256 });
    expect(await progress.closed).toMatchObject({ code: 1000 });
  });

  it.each(['{"type":"write"}', '{"type":"open","id":7}', '[1', 'null', '{"__proto__":1}'])(
    'keeps %s as the bytes that it is, in either kind of frame',
    async (text) => {
      const sha256 = createHash('sha256').update(text).digest('hex');
      for (const frame of [text, Buffer.from(text)]) {
        const { progress, content } = await begin(text.length);
        content.send(frame);
        expect(await progress.json()).toMatchObject({ received: text.length, sha256 });
        expect(await content.closed).toMatchObject({ code: 1000, reason: 'Complete' });
        expect(content.received).toBe(0);
      }
    },
  );

  it('asks for no bytes of a file that is complete', async () => {
    const uploads = sample.app.get(Uploads);
    const upload = await uploads.begin(0);
    const content = await openContent(upload.id);
    expect(await content.closed).toMatchObject({ code: 1000, reason: 'Complete' });
    await uploads.end(upload);
  });

  it('refuses what is announced as too large', async () => {
    const progress = await announce(MAX_SIZE + 1);
    expect(await progress.closed).toMatchObject({
      code: 4413,
      reason: 'Files may have up to 16 MiB',
    });
    expect(filesOnDisk()).toEqual([]);
  });

  it('holds clients to what they announced', async () => {
    const { progress, content } = await begin(10);
    content.send(randomBytes(11));
    expect(await content.closed).toMatchObject({ code: 4413 });
    expect(await progress.closed).toMatchObject({ code: 4499 });
    await isRemoved();
  });

  it('takes no chunk of more than 256 KiB', async () => {
    const { progress, content } = await begin(MAX_SIZE);
    content.send(randomBytes(256 * KIBIBYTE + 1));
    expect(await content.closed).toMatchObject({ code: 1009 });
    expect(await progress.closed).toMatchObject({ code: 4499 });
    await isRemoved();
  });

  it.each([-1, 'many', ''])('takes no size of %p', async (size) => {
    const progress = await announce(size);
    expect(await progress.closed).toMatchObject({ code: 1007 });
  });

  it('removes the file when the content breaks off', async () => {
    const { progress, content } = await begin(10);
    content.send('12345');
    expect(await progress.json()).toMatchObject({ received: 5 });
    content.terminate();
    expect(await progress.closed).toMatchObject({ code: 4499, reason: 'The content broke off' });
    await isRemoved();
  });

  it('removes the file, and ends the content, when nobody listens to the progress', async () => {
    const { progress, content } = await begin(10);
    content.send('12345');
    progress.terminate();
    expect(await content.closed).toMatchObject({ code: 4499, reason: 'The upload is over' });
    await isRemoved();
  });

  it('writes nothing of what still waits when the upload ends', async () => {
    const disk = slowDisk(sample.app);
    const { progress, content } = await begin(10);
    content.send('12345');
    await content.close();
    await progress.closed;
    disk.open();
    await isRemoved();
    expect(sample.logs.at('error')).toEqual([]);
  });

  it('takes the content from one connection only, and of uploads that it knows', async () => {
    const progress = await announce(10);
    const { id } = await progress.json<Progress>();
    const content = await openContent(id);
    expect(await (await openContent(id)).closed).toMatchObject({ code: 4409 });
    expect(await (await openContent('unknown')).closed).toMatchObject({ code: 4404 });
    content.send('0123456789');
    expect(await progress.json()).toMatchObject({ received: 10 });
  });

  it('reads no more than a little ahead of the disk', async () => {
    const disk = slowDisk(sample.app);
    const { progress, content } = await begin(MAX_SIZE);
    const chunk = randomBytes(256 * KIBIBYTE);
    for (let sent = 0; sent < MAX_SIZE; sent += chunk.length) content.send(chunk);
    const { bytes } = await eventually(() => {
      const snapshot = sample.app.get(RevaliWsMetrics).snapshot();
      expect(snapshot.messages.queued).toBeGreaterThan(0);
      return snapshot;
    }, 'chunks to wait');
    expect(bytes.received).toBeLessThanOrEqual(4 * chunk.length);
    expect(progress.received).toBe(1);

    disk.open();
    expect(await progress.untilClosed(10_000)).toMatchObject({ code: 1000 });
  });

  it('leaves nothing behind when the application ends', async () => {
    const { folder } = sample.app.get(Uploads);
    const { content } = await begin(10);
    content.send('12345');
    await sample.close();
    expect(existsSync(folder)).toBe(false);
    expect(sample.logs.at('error')).toEqual([]);
  });
});
