import { EchoController } from './explorer.application.js';
import { EVIL, hostile, large } from './explorer.documents.js';
import { ExplorerBrowser } from './explorer.browser.js';
import { ExplorerPage } from './explorer.page.js';
import { startProxy } from './explorer.proxy.js';
import { serveExplorer } from './explorer.server.js';

/** A name that is not localhost, and leads there. */
const HOST = 'shop.example';
/** Headers of helmet that browsers heed on secure origins alone, and say so on every page of an application. */
const OF_HELMET = /Cross-Origin-Opener-Policy|Origin-Agent-Cluster/;

describe('The page', () => {
  const explorers = new ExplorerBrowser([`--host-resolver-rules=MAP ${HOST} 127.0.0.1`]);

  describe.each(['express', 'fastify'] as const)('on %s', (platform) => {
    it.each(['no policy', 'helmet', 'a strict policy'] as const)(
      'echoes after few clicks with %s, and says nothing in the console',
      async (protection) => {
        const url = await serveExplorer({ platform, protection });
        const explorer = await ExplorerPage.open(explorers.browser, url);
        await explorer.connect();
        await explorer.press('Send');
        await explorer.logs(['· Open', '↑ text', '↓ text']);
        expect(explorer.actions).toBeLessThanOrEqual(4);
        expect(explorer.console).toEqual([]);
        expect([...explorer.origins]).toEqual([new URL(url).host]);
      },
    );

    it('works with helmet on an http host other than localhost', async () => {
      const url = new URL(await serveExplorer({ platform, protection: 'helmet' }));
      url.hostname = HOST;
      const explorer = await ExplorerPage.open(explorers.browser, url.href);
      await explorer.connect();
      await explorer.send('hi');
      await explorer.logs(['· Open', '↑ hi', '↓ hi']);
      expect(explorer.console.filter((line) => !OF_HELMET.test(line))).toEqual([]);
      expect([...explorer.origins]).toEqual([url.host]);
    });
  });

  it.each(['light', 'dark'] as const)('fits on 320 px, %s', async (colorScheme) => {
    const url = await serveExplorer();
    const viewport = { width: 320, height: 640 };
    const explorer = await ExplorerPage.open(explorers.browser, url, { viewport, colorScheme });
    const { page } = explorer;
    for (const path of ['/echo/bytes', '/chat/:room', '/members/only']) {
      await explorer.press('Routes');
      await explorer.choose(path);
      if (path === '/chat/:room')
        await page.getByRole('textbox', { name: /^room/ }).fill('x'.repeat(80));
      await explorer.press('Connect');
      await page.getByRole('log').locator('.frame').first().waitFor();
      const spare = await explorer.ask('innerWidth - document.documentElement.scrollWidth');
      expect([path, spare]).toEqual([path, 0]);
    }
    const background = await explorer.ask(
      'getComputedStyle(document.documentElement).backgroundColor',
    );
    expect(background).toBe(colorScheme === 'dark' ? 'rgb(20, 22, 27)' : 'rgb(251, 251, 249)');
  });

  it('runs nothing of what a document says', async () => {
    const url = await serveExplorer({ controllers: [EchoController], document: hostile });
    const explorer = await ExplorerPage.open(explorers.browser, url);
    await explorer.press('Connect');
    await explorer.page.getByRole('log').locator('.frame').first().waitFor();
    await explorer.ask(
      `document.querySelectorAll('details').forEach((each) => (each.open = true))`,
    );
    const elements = await explorer.ask(
      `document.querySelectorAll('img, iframe, svg, script:not([src]), [onerror]').length`,
    );
    expect(elements).toBe(0);
    expect(await explorer.ask('globalThis.hurt')).toBeUndefined();
    expect(await explorer.page.locator('body').innerText()).toContain(EVIL);
    expect(explorer.console.filter((line) => !line.includes('WebSocket connection'))).toEqual([]);
  });

  it('shows 200 routes at once', async () => {
    const url = await serveExplorer({ controllers: [EchoController], document: large });
    const times: number[] = [];
    for (let tries = 0; tries < 3; tries += 1) {
      const explorer = await ExplorerPage.open(explorers.browser, url);
      const { page } = explorer;
      expect(await page.getByRole('navigation').getByRole('link').count()).toBe(200);
      times.push(
        Number(
          await explorer.ask(`performance.getEntriesByName('first-contentful-paint')[0].startTime`),
        ),
      );
      await page.close();
    }
    expect(Math.min(...times)).toBeLessThan(1000);
  });

  it('says so where there is no route, and where there is no document', async () => {
    const url = await serveExplorer({
      controllers: [EchoController],
      document: (document) => ({ ...document, channels: {}, operations: {} }),
    });
    const page = await explorers.browser.newPage();
    await page.goto(url);
    await page.getByText('This application has no WebSocket routes.').waitFor();
    await page.route('**/document.json', (route) =>
      route.fulfill({ status: 500, body: '<b>no</b>' }),
    );
    await page.reload();
    await page.getByRole('alert').getByText('status 500').waitFor();
  });

  it('connects behind a proxy that takes a prefix off', async () => {
    const url = new URL(await serveExplorer({ protection: 'helmet' }));
    const proxy = await startProxy(url.port, '/tools');
    try {
      const explorer = await ExplorerPage.open(explorers.browser, `${proxy.url}/tools/async-api`);
      await explorer.connect();
      await explorer.send('hi');
      await explorer.logs(['· Open', '↑ hi', '↓ hi']);
      expect([...explorer.origins]).toEqual([new URL(proxy.url).host]);
    } finally {
      await proxy.close();
    }
  });
});
