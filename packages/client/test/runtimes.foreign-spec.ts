import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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
const lastLine = (output: string): unknown => JSON.parse(output.trim().split('\n').at(-1) ?? '');

describe.each(['Node 22', 'Node 24', 'Node 26', 'Deno', 'Bun', 'Chromium'])(
  "a client on %s's own WebSocket",
  (runtime) => {
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
  },
);

/** It ends by itself: no timer and no socket is left. Elsewhere than on Linux it is this Node. */
async function inProcess(
  runtime: string,
  script: string,
  url: string,
  controlUrl: string,
): Promise<Outcomes> {
  const { stdout } = await run(process.execPath, ['packages/client/scripts/runtimes.mjs']);
  const commands = lastLine(stdout) as Record<string, string[]>;
  const [command, ...args] = commands[runtime] ?? [process.execPath];
  if (command === undefined) throw new Error(`There is no ${runtime}.`);
  const folder = await mkdtemp(join(tmpdir(), 'client-'));
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
