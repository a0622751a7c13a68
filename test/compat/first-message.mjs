// `npm run start`, and a page of the application that runs the README's lines, or a program that does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { cleanEnvironment, endWithThisProcess, signalGroup } from '../harness.mjs';
import { Listener } from './heard.mjs';

const START = 90_000;
const END = 20_000;
const ANSWER = 10_000;

/**
 * Resolves with whether the client has logged the answer, and all went well and without a warning.
 *
 * @param client `inBrowser()` or `inNode()`.
 */
export async function firstMessage(folder, client, answer) {
  const port = await freePort();
  const output = new Listener();
  const app = startApp(folder, port, output);
  try {
    await app.within(app.reachable(), START, 'the application to start');
    const logged = await app.within(client(port), START, 'the answer');
    console.log(`The client has logged ${JSON.stringify(logged)}`);
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

const onPort = (script, port) => script.replace('localhost:3000', `localhost:${port}`);

/** In a page of the application itself: only such may connect. */
export const inBrowser = (script) => async (port) => {
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
    await page.addScriptTag({ content: onPort(script, port) });
    return (await logged).text();
  } finally {
    await browser.close();
  }
};

/** As a program of its own; Node 20 has a WebSocket on demand only. */
export const inNode = (file) => async (port) => {
  writeFileSync(file, onPort(readFileSync(file, 'utf8'), port));
  const env = cleanEnvironment();
  const options = { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true };
  const child = spawn(process.execPath, ['--experimental-websocket', file], options);
  const release = endWithThisProcess(child);
  try {
    const [line] = await once(createInterface(child.stdout), 'line');
    return line;
  } finally {
    release();
    signalGroup(child.pid, 'SIGKILL');
  }
};

async function freePort() {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
