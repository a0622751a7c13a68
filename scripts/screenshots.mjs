// The pictures of the README and the docs, of the samples in a real browser: npm run screenshots [-- 02-chat]
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const MINUTE = 60_000;
const images = join(root, 'docs/images');

/** What is to be seen, in the words of somebody who uses the page. */
const scenes = {
  '02-chat': [
    { image: 'chat', width: 1328, height: 868, show: talk },
    { image: 'explorer', width: 1328, height: 1010, show: explore },
  ],
  '04-live-feed': [{ image: 'live-feed', width: 960, height: 1050, show: watch }],
};

/** Two tabs, as frames of one page. */
async function talk(page, url) {
  await page.setContent(`
    <style>
      body { display: flex; gap: 2px; margin: 0; height: 100vh; background: #888 }
      iframe { flex: 1; border: 0 }
    </style>
    <iframe src="${url}"></iframe><iframe src="${url}"></iframe>`);
  const [ada, ben] = page.frames().slice(1);
  const enter = async (tab, name) => {
    await tab.getByLabel('Your name').fill(name);
    await tab.getByRole('button', { name: 'Join' }).click();
    await tab.getByRole('button', { name: 'Leave' }).waitFor();
  };
  const say = async (tab, text) => {
    await tab.getByLabel('Message', { exact: true }).fill(text);
    await tab.getByRole('button', { name: 'Send' }).click();
    await Promise.all([ada, ben].map((each) => each.getByText(text).waitFor()));
  };
  await enter(ada, 'Ada');
  await enter(ben, 'Ben');
  await say(ada, 'Who keeps the rooms?');
  await say(ben, 'A class with @WebSocketRooms().');
  await say(ben, 'And 50 messages of history.');
  await say(ada, 'And when I reload the page?');
  await say(ben, 'You linger: nobody is told.');
  await ada.getByLabel('Message', { exact: true }).fill('So I can try');
  await page.mouse.move(0, 0);
  await ben.getByText('Ada is typing…').waitFor();
}

/** The page of the routes, with two members of one room. */
async function explore(page, url) {
  await page.goto(`${url}/async-api#/ChatController?room=lobby&query=name%3DAda`);
  const press = (name) => page.getByRole('button', { name, exact: true }).click();
  const arrived = (text) => page.getByRole('log').getByText(`"text":"${text}"`);
  const say = async (text) => {
    const message = JSON.stringify({ type: 'say', text }, undefined, 2);
    await page.getByLabel('Message', { exact: true }).fill(message);
    await press('Send');
    await arrived(text).waitFor();
  };
  await press('Connect');
  await page.getByText('Disconnect', { exact: true }).waitFor();
  await say('Who keeps the rooms?');
  await page.getByText('More of the handshake').click();
  await page.getByLabel('More query').fill('name=Ben');
  await press('Connect another');
  await arrived('Who keeps the rooms?').waitFor();
  await say('A class with @WebSocketRooms().');
  await page.getByRole('tab', { name: /Ada/ }).click();
  await arrived('A class with @WebSocketRooms().').click();
  await page.getByText('More of the handshake').click();
  await page.getByRole('heading', { level: 1 }).scrollIntoViewIfNeeded();
  await page.mouse.move(0, 0);
}

/** Long enough for the generator of the slow reader to wait and run a few times. */
async function watch(page, url) {
  await page.goto(url);
  const read = (name, blocks) =>
    page.waitForFunction(
      ([id, least]) => {
        const card = document.getElementById(id);
        return Number(card.querySelector('.read').textContent) >= least;
      },
      [name, blocks],
    );
  await read('page', 250);
  await page.getByRole('button', { name: 'Start a slow reader' }).click();
  await page.mouse.move(0, 0);
  await read('slow', 230);
  await page.getByText('Generator waits', { exact: true }).waitFor();
}

async function shoot(browser, name, scene, colorScheme) {
  const { image, width, height, show } = scene;
  const { createApp } = await import(join(root, 'sample', name, 'dist/create-app.js'));
  const app = await createApp({ logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  page.setDefaultTimeout(MINUTE);
  try {
    await show(page, await app.getUrl());
    await page.screenshot({ path: join(images, `${image}-${colorScheme}.png`) });
  } finally {
    await page.close();
    await app.close();
  }
}

const build = (...args) =>
  execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(scenes);

mkdirSync(images, { recursive: true });
build('scripts/build.mjs', '--if-changed');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
for (const name of chosen) {
  build('node_modules/typescript/bin/tsc', '-p', `sample/${name}/tsconfig.json`);
  for (const scene of scenes[name])
    for (const colorScheme of ['light', 'dark']) await shoot(browser, name, scene, colorScheme);
}
await browser.close();
