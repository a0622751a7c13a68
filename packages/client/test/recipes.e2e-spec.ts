import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../../sample/support/browser.js';
import { eventually } from '../../../test/support/deadline.js';
import { BadNetwork } from './support/bad.network.js';
import { ControlServer } from './support/control.server.js';
import { recipeBundle } from './support/recipe.bundle.js';

/** Each shows `room state: texts` in an element, and lets the test do something by `page`. */
const pages = {
  React: `
    import { createElement, StrictMode } from 'react';
    import { createRoot } from 'react-dom/client';
    import { createClient } from 'nestjs-revali-ws-client';
    import { useChat } from './react.js';

    function Messages({ ws, room }) {
      const chat = useChat(ws, room);
      page.say = chat.say;
      return room + ' ' + chat.state + ': ' + chat.said.map(({ text }) => text).join();
    }
    globalThis.page = {
      start(url) {
        const ws = createClient({ url, retry: { base: 20, max: 100 } });
        const root = createRoot(document.body.appendChild(document.createElement('p')));
        page.show = (room) =>
          root.render(createElement(StrictMode, {}, createElement(Messages, { ws, room })));
        page.end = () => root.unmount();
        page.show('blue');
      },
    };`,
  Vue: `
    import { createApp, h, ref } from 'vue';
    import { createClient } from 'nestjs-revali-ws-client';
    import { useChat } from './vue.js';

    globalThis.page = {
      start(url) {
        const ws = createClient({ url, retry: { base: 20, max: 100 } });
        const room = ref('blue');
        const app = createApp({
          setup() {
            const { said, state, say } = useChat(ws, room);
            page.say = say;
            const texts = () => said.value.map(({ text }) => text).join();
            return () => h('span', room.value + ' ' + state.value + ': ' + texts());
          },
        });
        app.mount(document.body.appendChild(document.createElement('p')));
        page.show = (name) => (room.value = name);
        page.end = () => app.unmount();
      },
    };`,
};

describe.each(Object.entries(pages))('the recipe for %s', (_name, script) => {
  let browser: Browser;
  let network: BadNetwork;
  let control: ControlServer;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    network = await BadNetwork.open();
    control = await ControlServer.open(network, await recipeBundle(script));
    browser = await launchBrowser();
    page = await browser.newPage();
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    await page.goto(control.url);
    await page.evaluate(`page.start('${network.url}')`);
  });
  afterAll(async () => {
    await browser.close();
    await control.close();
    await network.close();
  });

  const shows = (text: string) =>
    eventually(async () => expect(await page.innerText('p')).toBe(text), text);
  const connections = (count: number) => network.commands['connections']?.(...([count] as never[]));

  it('connects, and shows what is said', async () => {
    await shows('blue open:');
    await page.evaluate(`page.say('one')`);
    await shows('blue open: one');
    await connections(1);
  });

  it('comes back after a reset, and keeps what it has shown', async () => {
    await network.commands['cut']?.();
    await eventually(
      async () => expect(await page.innerText('p')).toMatch(/^blue (waiting|connecting): one$/),
      'it to be lost',
    );
    await page.evaluate(`page.say('two')`);
    network.proxy.mend();
    await shows('blue open: one,two');
  });

  it('leaves one room for another', async () => {
    await page.evaluate(`page.show('green')`);
    await shows('green open:');
    await connections(1);
    await page.evaluate(`page.say('three')`);
    await shows('green open: three');
  });

  it('closes its connection when nobody looks any more', async () => {
    await page.evaluate(`page.end()`);
    await connections(0);
    expect(faults.filter((fault) => !fault.includes('WebSocket connection to'))).toEqual([]);
  });
});
