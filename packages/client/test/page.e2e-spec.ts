import { chromium, type Browser, type Page } from 'playwright-core';
import { eventually, sleep } from '../../../test/support/deadline.js';
import { BackgroundTab } from './support/background.tab.js';
import { BadNetwork } from './support/bad.network.js';
import { bundle } from './support/bundle.js';
import { ControlServer } from './support/control.server.js';

describe('a client in a page', () => {
  let browser: Browser;
  let network: BadNetwork;
  let control: ControlServer;
  let page: Page;

  beforeAll(async () => {
    network = await BadNetwork.open();
    control = await ControlServer.open(network, await bundle('support/page.script.ts'));
    browser = await chromium.launch({
      executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
      args: ['--headless', '--no-sandbox', '--disable-gpu'],
      ignoreDefaultArgs: ['--disable-back-forward-cache'],
    });
  });
  beforeEach(async () => {
    page = await browser.newPage();
    await page.goto(control.url);
    // It waits for so long that only an event of the page can bring it back in time.
    await page.evaluate((url) => {
      const ws = client.createClient({ url, retry: { base: 600_000, max: 600_000 } });
      globalThis.echo = ws.connect('/echo');
      echo.on('state', (state) => told.push(state));
      echo.on('message', (message) => told.push(message));
      void echo.send('first');
    }, network.url);
    await tells('first');
  });
  afterEach(() => page.close());
  afterAll(async () => {
    await browser.close();
    await control.close();
    await network.close();
  });

  const allTold = () => page.evaluate(() => globalThis.told);
  const tells = (what: unknown) =>
    eventually(
      async () => expect(await allTold()).toContain(what),
      `the page to tell ${String(what)}`,
    );
  const send = (message: string) => page.evaluate((text) => void echo.send(text), message);

  it('gives its socket up when it is offline, and comes back when it is online', async () => {
    await page.context().setOffline(true);
    await tells('waiting');
    await page.context().setOffline(false);
    await send('back');
    await tells('back');
  });

  it('waits no longer when it is seen again', async () => {
    await network.commands['reset']?.();
    await tells('waiting');
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await send('seen');
    await tells('seen');
  });

  it('comes back from the back/forward cache with its connection', async () => {
    await page.goto(`${control.url}other`);
    await network.commands['connections']?.(...([0] as never[]));
    await page.goBack({ waitUntil: 'commit' });
    await tells('persisted');
    await send('cached');
    await tells('cached');
  });

  it('waits no longer when it was frozen, and goes on', async () => {
    await page.evaluate(() => document.dispatchEvent(new Event('resume')));
    // Of a socket that was lost meanwhile, a page hears only now.
    await network.commands['reset']?.();
    await tells('waiting');
    await send('thawed');
    await tells('thawed');
  });

  it('comes back in the background once the browser thaws it', async () => {
    const tab = await BackgroundTab.open(browser, control.url);
    try {
      await eventually(
        async () => expect(await tab.evaluate('typeof client')).toBe('object'),
        'it',
      );
      await tab.evaluate(`{
        const ws = client.createClient({ url: '${network.url}', retry: { base: 600_000, max: 600_000 } });
        globalThis.echo = ws.connect('/echo');
        echo.on('state', (state) => told.push(state));
        echo.on('message', (message) => told.push(message));
        for (const type of ['freeze', 'resume']) document.addEventListener(type, () => told.push(type));
        void echo.send('first');
      }`);
      const tabTells = (...all: string[]) =>
        eventually(async () => expect(await tab.evaluate('told')).toEqual(all), String(all));
      await tabTells('open', 'first');
      await tab.hide();
      await tab.become('frozen');
      await tabTells('open', 'first', 'freeze');
      await network.commands['reset']?.();
      await sleep(500);
      // Nothing runs there: it does not know yet.
      await tabTells('open', 'first', 'freeze');
      await tab.become('active');
      await tab.evaluate(`void echo.send('thawed')`);
      await tabTells(
        'open',
        'first',
        'freeze',
        'resume',
        'waiting',
        'connecting',
        'open',
        'thawed',
      );
    } finally {
      await tab.close();
    }
  });
});
