import type { TestWebSocket } from 'nestjs-revali-ws/testing';
import type { Browser } from 'playwright-core';

import { closeAllApps, type RunningApp } from '../../../test/support/apps/running-app.js';
import { launchBrowser } from '../../support/browser.js';
import { SamplePage } from '../../support/sample-page.js';
import { connectTo, messagesOf } from '../../support/sample-client.js';
import { startSample } from '../../support/start-sample.js';
import { createApp } from '../src/create-app.js';
import { ClientCard } from './client-card.js';

const NEW = '/board';
const GATEWAY = '/ws';
const TOO_LONG = 'x'.repeat(201);

const notice = (author: string, text: string) => ({ event: 'notice', data: { author, text } });
const exception = (message: string, data: unknown) => ({
  event: 'exception',
  data: { status: 'error', message, cause: { pattern: 'post', data } },
});

/** What a client of the gateway sends, and what it is sent for it. */
const transcript: readonly (readonly [send: string, answer?: object])[] = [
  ['{"event":"post","data":"Hello"}', notice('Olga', 'Hello')],
  ['{"id":7,"data":"[1]","event":"post"}', notice('Olga', '[1]')],
  ['{"event":"post","data":""}', exception('A notice needs a text', '')],
  ['{"event":"post"}', exception('A notice needs a text', undefined)],
  ['{"event":"post","data":[1]}', exception('A notice needs a text', [1])],
  [
    JSON.stringify({ event: 'post', data: TOO_LONG }),
    exception('A notice has 200 letters at most', TOO_LONG),
  ],
  ['{"event":"read","data":"Hello"}'],
  ['{"event":["post"],"data":"Hello"}'],
  ['{"data":"Hello"}'],
  ['post'],
  ['{"event":"post","data":"Still here"}', notice('Olga', 'Still here')],
];

describe('the gateway migration sample', () => {
  let sample: RunningApp;

  beforeEach(async () => {
    sample = await startSample(createApp);
  });
  afterEach(closeAllApps);

  function connect(path: string, name: string, key = 'blue door'): Promise<TestWebSocket> {
    // A gateway is in no AsyncAPI document.
    return connectTo(sample, path, { query: { name, key }, contract: path !== GATEWAY });
  }

  describe.each([
    ['the gateway', GATEWAY],
    ['the controller of messages', '/events'],
  ])('%s', (_name, path) => {
    /** One of each kind, at the board. */
    async function connectBoth(oldKey?: string): Promise<[TestWebSocket, TestWebSocket]> {
      const olga = await connect(path, 'Olga', oldKey);
      expect(await olga.json()).toEqual({ event: 'people', data: 1 });
      const noah = await connect(NEW, 'Noah');
      expect(await noah.json()).toEqual({ people: 2 });
      expect(await olga.json()).toEqual({ event: 'people', data: 2 });
      return [olga, noah];
    }

    it('has the same conversation with an old client, word by word', async () => {
      const olga = await connect(path, 'Olga');
      expect(await olga.text()).toBe('{"event":"people","data":1}');
      for (const [send, answer] of transcript) {
        // Past the contract: not all of it is what a client should send.
        olga.socket.send(send);
        if (answer) expect(await olga.text()).toBe(JSON.stringify(answer));
      }
      expect(olga.isOpen).toBe(true);
    });

    it('brings the notices of each kind of client to the other, in its own form', async () => {
      const [olga, noah] = await connectBoth();
      olga.send({ event: 'post', data: 'Old news' });
      noah.send('New news');
      expect([await olga.json(), await olga.json()]).toEqual([
        notice('Olga', 'Old news'),
        notice('Noah', 'New news'),
      ]);
      expect([await noah.json(), await noah.json()]).toEqual([
        { author: 'Olga', text: 'Old news' },
        { author: 'Noah', text: 'New news' },
      ]);
    });

    it('tells both kinds who leaves, of either kind', async () => {
      const [olga, noah] = await connectBoth();
      const nina = await connect(NEW, 'Nina');
      expect(await olga.json()).toEqual({ event: 'people', data: 3 });
      await nina.close();
      expect(await olga.json()).toEqual({ event: 'people', data: 2 });
      await olga.close();
      expect([await noah.json(), await noah.json(), await noah.json()]).toEqual([
        { people: 3 },
        { people: 2 },
        { people: 1 },
      ]);
    });

    it('lets an old client with a wrong key listen, and refuses its messages', async () => {
      const [olga, noah] = await connectBoth('red door');
      noah.send('A secret');
      expect(await olga.json()).toEqual(notice('Noah', 'A secret'));
      olga.send({ event: 'post', data: 'Let me in' });
      expect(await olga.json()).toEqual(exception('Forbidden resource', 'Let me in'));
      expect(olga.isOpen).toBe(true);
    });

    it('knows an old client without a name as somebody', async () => {
      const query = { key: 'blue door' };
      const olga = await connectTo(sample, path, { query, contract: path !== GATEWAY });
      expect(await olga.json()).toEqual({ event: 'people', data: 1 });
      olga.send({ event: 'post', data: 'Hello' });
      expect(await olga.json()).toEqual(notice('Somebody', 'Hello'));
    });
  });

  it('refuses a new client with a wrong key at the handshake', async () => {
    const noah = await connect(NEW, 'Noah');
    expect(await noah.json()).toEqual({ people: 1 });
    const mallory = await connect(NEW, 'Mallory', 'red door');
    // By the socket of ws: it takes this, too, when the close is here already.
    mallory.socket.send('Let me in');
    expect(await mallory.closed).toMatchObject({ code: 4403, reason: 'Forbidden resource' });
    expect(await messagesOf(mallory)).toEqual([]);
    // Nobody has been told of the visitor.
    noah.send('Who was that?');
    expect(await noah.json()).toEqual({ author: 'Noah', text: 'Who was that?' });
  });

  it('posts what looks like JSON as the text that it is', async () => {
    const noah = await connect(NEW, 'Noah');
    expect(await noah.json()).toEqual({ people: 1 });
    noah.send('{"text":"no"}');
    expect(await noah.json()).toEqual({ author: 'Noah', text: '{"text":"no"}' });
  });

  it('answers a new client, or closes it where it went too far', async () => {
    const noah = await connect(NEW, 'Noah');
    expect(await noah.json()).toEqual({ people: 1 });
    noah.send('');
    expect(await noah.json()).toEqual({
      error: { statusCode: 400, error: 'Bad Request', message: 'A notice needs a text' },
    });
    noah.send(TOO_LONG);
    expect(await noah.closed).toMatchObject({
      code: 1009,
      reason: 'A notice has 200 letters at most',
    });
  });

  describe('in a browser', () => {
    let browser: Browser;
    let page: SamplePage;
    let old: ClientCard;
    let fresh: ClientCard;
    let unchanged: ClientCard;

    beforeAll(async () => {
      browser = await launchBrowser();
    });
    beforeEach(async () => {
      page = new SamplePage(await browser.newPage());
      await page.page.goto(sample.http('/'));
      old = new ClientCard(page, 'Old client');
      fresh = new ClientCard(page, 'New client');
      unchanged = new ClientCard(page, 'Unchanged client');
    });
    afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
    // A browser that did not start has failed the tests already.
    afterAll(() => browser?.close());

    it('shows the frames of all clients side by side', async () => {
      await old.connect();
      await old.showsLast('• /ws', '← {"event":"people","data":1}');
      await fresh.connect();
      await fresh.showsLast('• /board', '← {"people":2}');
      await old.post('Hello');
      await old.showsLast(
        '→ {"event":"post","data":"Hello"}',
        '← {"event":"notice","data":{"author":"Olga","text":"Hello"}}',
      );
      await fresh.post('<b>Hi</b>');
      await fresh.showsLast(
        '← {"author":"Olga","text":"Hello"}',
        '→ <b>Hi</b>',
        '← {"author":"Noah","text":"<b>Hi</b>"}',
      );
      await unchanged.connect();
      await unchanged.showsLast('• /events', '← {"event":"people","data":3}');
      await unchanged.post('Hello, too');
      const frame = '← {"event":"notice","data":{"author":"Otto","text":"Hello, too"}}';
      await unchanged.showsLast('→ {"event":"post","data":"Hello, too"}', frame);
      await old.showsLast(frame);
      await old.press('Disconnect');
      await old.shows('Not connected');
      await unchanged.showsLast('← {"event":"people","data":2}');
      await fresh.showsLast('← {"people":2}');
      expect([...page.origins]).toEqual([sample.http('/').slice(0, -1)]);
      expect(page.faults).toEqual([]);
    });

    it('shows its routes on a page that it links to', async () => {
      expect(await page.routes()).toEqual(['/board, twoWay', '/events, twoWay']);
      expect(page.faults).toEqual([]);
    });

    it('shows how each kind learns that a key is wrong', async () => {
      await fresh.connect('red door');
      await fresh.showsLast('× 4403 Forbidden resource');
      await fresh.shows('Not connected');
      for (const client of [old, unchanged]) {
        await client.connect('red door');
        await client.shows('Connected');
        await client.post('Hello');
        await client.showsLast(
          '→ {"event":"post","data":"Hello"}',
          expect.stringMatching(/^← \{"event":"exception",.*"Forbidden resource"/) as string,
        );
      }
    });

    it('shows a close code where an old client sees one more event', async () => {
      for (const client of [old, unchanged, fresh]) {
        await client.connect();
        await client.shows('Connected');
        await client.press('Post 201 letters');
      }
      await fresh.showsLast('× 1009 A notice has 200 letters at most');
      await old.shows('Connected');
      await unchanged.shows('Connected');
    });
  });
});
