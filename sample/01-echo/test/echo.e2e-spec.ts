import type { Browser } from 'playwright-core';

import { closeAllApps, type RunningApp } from '../../../test/support/apps/running-app.js';
import { launchBrowser } from '../../support/browser.js';
import { connectTo } from '../../support/sample-client.js';
import { startSample } from '../../support/start-sample.js';
import { createApp } from '../src/create-app.js';
import { EchoPage } from './echo-page.js';

const PATH = '/example/websocket';

describe('the echo sample', () => {
  let sample: RunningApp;

  beforeEach(async () => {
    sample = await startSample(createApp);
  });
  afterEach(closeAllApps);

  it('echoes to any WebSocket client', async () => {
    const client = await connectTo(sample, PATH);
    client.send('hello');
    client.send('');
    client.send('{"n":1}');
    expect([await client.text(), await client.text(), await client.text()]).toEqual([
      'Echo: hello',
      'Echo: ',
      'Echo: {"n":1}',
    ]);
  });

  it('tells a plain GET of the route to upgrade', async () => {
    const answer = await sample.get(PATH);
    expect(answer.status).toBe(426);
    expect(answer.headers.upgrade).toBe('websocket');
  });

  describe('in a browser', () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await launchBrowser();
    });
    afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
    // A browser that did not start has failed the tests already.
    afterAll(() => browser?.close());

    it('shows the reply to a message that is typed', async () => {
      const page = await EchoPage.open(browser, sample.http('/'));
      await page.shows(page.status, 'Not connected');
      await page.connect();
      await page.send('hello');
      await page.send('<b>again</b>');
      await page.showsFrames([
        `• opened ${sample.url(PATH)}`,
        '→ sent hello',
        '← received Echo: hello',
        '→ sent <b>again</b>',
        '← received Echo: <b>again</b>',
      ]);
      await page.shows(page.page.locator('#counts'), '2 sent, 2 received');
    });

    it('shows the code and reason of a close from the page', async () => {
      const page = await EchoPage.open(browser, sample.http('/'));
      await page.connect();
      await page.press('Disconnect');
      await page.showsClose(1000, 'Disconnected by the page');
      await page.press('Connect');
      await page.shows(page.status, 'Connected');
    });

    it('shows the code and reason of a close from the server', async () => {
      const page = await EchoPage.open(browser, sample.http('/'));
      await page.connect();
      await sample.close();
      await page.showsClose(1001, 'Server is shutting down');
    });

    it('can be used with the keyboard alone', async () => {
      const page = await EchoPage.open(browser, sample.http('/'));
      const { keyboard } = page.page;
      await keyboard.press('Tab');
      expect(await page.page.locator(':focus').inputValue()).toBe(sample.url(PATH));
      await keyboard.press('Enter');
      await page.shows(page.status, 'Connected');
      await keyboard.type('by hand');
      await keyboard.press('Enter');
      await page.showsFrames([
        `• opened ${sample.url(PATH)}`,
        '→ sent by hand',
        '← received Echo: by hand',
      ]);
      await keyboard.press('Shift+Tab');
      await keyboard.press('Enter');
      await page.showsClose(1000, 'Disconnected by the page');
    });

    it('says what is wrong with an address', async () => {
      const page = await EchoPage.open(browser, sample.http('/'));
      await page.address.fill('ftp://example.com');
      await page.press('Connect');
      expect(await page.problem.innerText()).toMatch(/^That is not a WebSocket address: .*ftp/);
      expect(await page.address.getAttribute('aria-invalid')).toBe('true');
      await page.shows(page.status, 'Not connected');
    });

    it('loads everything from the application itself, without a fault', async () => {
      const page = await EchoPage.open(browser, sample.http('/'));
      await page.connect();
      expect([...page.origins]).toEqual([sample.http('/').slice(0, -1)]);
      expect(page.faults).toEqual([]);
    });

    it('shows its routes on a page that it links to', async () => {
      const page = await EchoPage.open(browser, sample.http('/'));
      expect(await page.routes()).toEqual(['/example/websocket, twoWay']);
      expect(page.faults).toEqual([]);
    });

    it('is refused when the page comes from another origin', async () => {
      const other = await startSample(createApp);
      const page = await EchoPage.open(browser, other.http('/'));
      await page.address.fill(sample.url(PATH));
      await page.press('Connect');
      await page.showsClose(1006, '(none)');
      expect(page.socketErrors).toEqual([expect.stringMatching(/response code: 403$/)]);
      await page.showsFrames([`! error No connection to ${sample.url(PATH)}`, '× closed 1006']);

      await page.address.fill(other.url(PATH));
      await page.connect();
    });
  });
});
