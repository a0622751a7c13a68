import type { Browser } from 'playwright-core';

import { eventually } from '../../../test/support/deadline.js';
import { closeAllApps, type RunningApp } from '../../../test/support/apps/running-app.js';
import { launchBrowser } from '../../support/browser.js';
import { startSample } from '../../support/start-sample.js';
import { createApp } from '../src/create-app.js';
import type { MetersMessage } from '../src/feed/feed.controller.js';
import { FeedPage } from './feed-page.js';

/** More than a block takes. */
const BLOCK_BYTES = 60_000;
/** What the sockets of the operating system take has to be filled first. */
const FILLED_MS = 30_000;

describe("the live feed's page", () => {
  let browser: Browser;
  let sample: RunningApp;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    sample = await startSample(createApp);
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    await closeAllApps();
  });
  // A browser that did not start has failed the tests already.
  afterAll(() => browser?.close());

  /** As they are now: who reads a stream of them on a busy machine reads old ones. */
  async function meters(): Promise<MetersMessage> {
    const client = await sample.connect('/feed/meters');
    const reading = await client.json<MetersMessage>();
    await client.close();
    return reading;
  }

  it('shows how a slow reader lets its own generator wait, and no other', async () => {
    const page = await FeedPage.open(browser, sample.http('/'));
    await page.shows(page.status, 'Connected');
    const started = await eventually(async () => {
      const shown = await page.reader('This page');
      expect(shown.read).toBeGreaterThan(0);
      return shown;
    }, 'the feed');
    expect(await page.reader('A slow reader')).toMatchObject({ state: 'No generator' });
    await page.press('Start a slow reader');

    const { fast, slow } = await eventually(
      async () => {
        const shown = await page.reader('A slow reader');
        const { readers, mark } = await meters();
        const [first, second] = Object.values(readers);
        expect(second?.buffered).toBeGreaterThan(mark);
        expect(second?.buffered).toBeLessThan(mark + BLOCK_BYTES);
        expect(first?.buffered).toBeLessThan(mark);
        expect(shown).toMatchObject({ state: 'Generator waits', produced: second?.produced });
        const other = await page.reader('This page');
        expect(other.state).toBe('Generator runs');
        return { slow: shown, fast: other };
      },
      'the generator of the slow reader to wait',
      FILLED_MS,
    );
    expect(slow.read).toBeLessThan(slow.produced);
    expect(fast.read).toBeGreaterThan(started.read + slow.read);

    await eventually(async () => {
      expect((await page.reader('This page')).read).toBeGreaterThan(fast.read + 10);
    }, 'the page to read on');
    const later = await page.reader('A slow reader');
    expect(later).toMatchObject({ state: 'Generator waits', produced: slow.produced });
    expect(later.read).toBeGreaterThan(slow.read);

    await page.press('Stop the slow reader');
    await eventually(async () => {
      expect((await page.reader('A slow reader')).state).toBe('No generator');
      const { readers } = await meters();
      expect(Object.keys(readers)).toHaveLength(1);
    }, 'the slow reader to end');
    expect([...page.origins]).toEqual([sample.http('').slice(0, -1)]);
    expect(page.faults).toEqual([]);
  }, 60_000);

  it('shows its routes on a page that it links to', async () => {
    const page = await FeedPage.open(browser, sample.http('/'));
    expect(await page.routes()).toEqual([
      '/feed/blocks, sendOnly',
      '/feed/meters, sendOnly',
      '/feed/slow-reader, sendOnly',
    ]);
    expect(page.faults).toEqual([]);
  });

  it('says when the server goes, comes back with it, and can be used with the keyboard alone', async () => {
    const page = await FeedPage.open(browser, sample.http('/'));
    await page.shows(page.status, 'Connected');
    await page.page.keyboard.press('Tab');
    await page.page.keyboard.press('Enter');
    await eventually(async () => {
      expect((await page.reader('A slow reader')).read).toBeGreaterThan(0);
    }, 'the slow reader');
    await sample.close();
    await page.shows(page.status, 'Not connected');
    expect(await page.problem.innerText()).toMatch(/^The connection was closed \(1001\)/);
    expect(sample.logs.messages('error')).toEqual([]);

    sample = await startSample(createApp, sample.port);
    await page.showsAgain(page.status, 'Connected');
    await page.shows(page.problem, '');
    const before = await page.reader('This page');
    await eventually(async () => {
      const { read, produced } = await page.reader('This page');
      expect(read).toBeGreaterThan(before.read);
      // Both are counted anew: the generator is that of the new connection.
      expect(produced).toBeGreaterThanOrEqual(read);
    }, 'the page to read on');
    expect(page.faults).toEqual([]);
  });
});
