// `npm run start`, and a page of the application that runs the README's lines.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { cleanEnvironment, endWithThisProcess, signalGroup } from '../harness.mjs';
import { Listener } from './heard.mjs';

const START = 90_000;
const END = 20_000;
const ANSWER = 10_000;

/** Resolves with whether the page has logged the answer, and all went well and without a warning. */
export async function firstMessage(folder, script, answer) {
  const port = await freePort();
  const output = new Listener();
  const app = startApp(folder, port, output);
  try {
    await app.within(app.reachable(), START, 'the application to start');
    const logged = await loggedInBrowser(port, script);
    console.log(`The page has logged ${JSON.stringify(logged)}`);
    app.signal('SIGINT');
    await app.within(app.exited, END, 'the application to end');
    return logged === answer && output.complaints().length === 0;
  } finally {
    app.signal('SIGKILL');
  }
}

function startApp(cwd, port, output) {
  console.log(`\n$ PORT=${port} npm run start`);
  const env = cleanEnvironment({ PORT: String(port) });
  // In a group of its own: npm and its shell pass no signals on.
  const child = spawn('npm', ['run', 'start'], { cwd, env, detached: true });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => output.write(text));
  const release = endWithThisProcess(child);
  const exited = once(child, 'exit').finally(release);
  const signal = (name) => signalGroup(child.pid, name);
  const reachable = async () => {
    while (!/successfully started/.test(output.text)) {
      if (child.exitCode !== null) throw new Error('npm run start has ended');
      await sleep(100);
    }
  };
  const within = (event, milliseconds, what) => {
    const tooLate = sleep(milliseconds, undefined, { ref: false }).then(() => {
      throw new Error(`waited ${milliseconds / 1000} s in vain for ${what}`);
    });
    return Promise.race([event, tooLate]);
  };
  return { exited, signal, reachable, within };
}

/** In a page of the application itself: only such may connect. */
async function loggedInBrowser(port, script) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${port}/`);
    const logged = page.waitForEvent('console', {
      predicate: (message) => message.type() === 'log',
      timeout: ANSWER,
    });
    await page.addScriptTag({ content: script.replace('localhost:3000', `localhost:${port}`) });
    return (await logged).text();
  } finally {
    await browser.close();
  }
}

async function freePort() {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
