import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Outcomes } from './contract/foreign.js';
import { contract } from './contract/index.js';
import { BadNetwork } from './support/bad.network.js';
import { bundle } from './support/bundle.js';
import { ControlServer } from './support/control.server.js';
import { launchBrowser } from '../../../sample/support/browser.js';

const run = promisify(execFile);
const names = Object.values(contract).flatMap((behaviors) => Object.keys(behaviors));
/** Of this Node, in a process of its own. */
const WS = 'ws';
const lastLine = (output: string): unknown => JSON.parse(output.trim().split('\n').at(-1) ?? '');

describe.each([
  "Node 22's own WebSocket",
  "Node 24's own WebSocket",
  "Node 26's own WebSocket",
  "Deno's own WebSocket",
  "Bun's own WebSocket",
  "Chromium's own WebSocket",
  WS,
])('a client on %s', (socket) => {
  const [runtime = ''] = socket.split("'");
  let outcomes: Outcomes = {};

  beforeAll(async () => {
    const network = await BadNetwork.open();
    const script = await bundle('contract/foreign.ts');
    const control = await ControlServer.open(network, script);
    try {
      outcomes =
        runtime === 'Chromium'
          ? await inChromium(network.url, control.url)
          : await inProcess(runtime, script, network.url, control.url);
    } finally {
      await control.close();
      await network.close();
    }
  }, 300_000);

  it.each(names)('%s', (name) => {
    expect(outcomes[name]).toBe('');
  });
});

/** It ends by itself: no timer and no socket is left. Elsewhere than on Linux it is this Node. */
async function inProcess(
  runtime: string,
  script: string,
  url: string,
  controlUrl: string,
): Promise<Outcomes> {
  const { stdout } = await run(process.execPath, ['packages/client/scripts/runtimes.mjs']);
  const commands = lastLine(stdout) as Record<string, string[]>;
  const own = [process.execPath, '--no-experimental-websocket'];
  const [command, ...args] = (runtime === WS ? own : commands[runtime]) ?? [process.execPath];
  if (command === undefined) throw new Error(`There is no ${runtime}.`);
  // `ws` is found from inside the repository.
  const cache = join(process.cwd(), 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(runtime === WS ? cache : tmpdir(), 'client-'));
  try {
    const file = join(folder, 'contract.mjs');
    await writeFile(file, script);
    return lastLine(
      (await run(command, [...args, file, url, controlUrl], { timeout: 120_000 })).stdout,
    ) as Outcomes;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function inChromium(url: string, controlUrl: string): Promise<Outcomes> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(controlUrl);
    return await page.evaluate(([server, control]) => globalThis.runContract(server, control), [
      url,
      controlUrl,
    ] as const);
  } finally {
    await browser.close();
  }
}
