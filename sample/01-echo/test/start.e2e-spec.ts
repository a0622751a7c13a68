import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { within } from '../../../test/support/deadline.js';
import { closeAllClients } from '../../../test/support/clients/open-clients.js';
import { TestClient } from '../../../test/support/clients/test-client.js';

const MINUTE = 60_000;
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The README's command, in a process group of its own: npm and its shell do not pass signals on. */
class NpmStart {
  readonly process: ChildProcess;
  readonly exited: Promise<void>;
  private output = '';

  constructor() {
    const env = { ...process.env, PORT: '0', NODE_OPTIONS: '' };
    this.process = spawn('npm', ['start'], { cwd: root, env, detached: true });
    this.exited = new Promise((resolve) => this.process.once('close', () => resolve()));
    this.process.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.process.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /** The address that it prints for people. */
  address(): Promise<string> {
    const printed = new Promise<string>((resolve, reject) => {
      this.process.stdout?.on('data', () => {
        const [, url] = /^Open (\S+)$/m.exec(this.output) ?? [];
        if (url !== undefined) resolve(url);
      });
      void this.exited.then(() => reject(new Error(`npm start ended:\n${this.output}`)));
    });
    return within(printed, 'the address of the sample', 2 * MINUTE, () => this.output);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.process.pid === undefined || this.process.exitCode !== null) return;
    try {
      process.kill(-this.process.pid, signal);
    } catch {
      // It ended by itself in between.
    }
  }
}

describe('npm start', () => {
  let start: NpmStart;

  beforeEach(() => {
    start = new NpmStart();
  });
  afterEach(async () => {
    await closeAllClients();
    start.signal('SIGKILL');
    await start.exited;
  });

  it(
    'builds and runs the sample, and Ctrl+C ends it in good order',
    async () => {
      const address = await start.address();
      expect(address).toMatch(/^http:\/\/localhost:[1-9]\d*$/);

      const page = await fetch(address);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
      expect(await page.text()).toContain('<h1>Echo</h1>');

      const client = await TestClient.connect(`${address.replace('http', 'ws')}/example/websocket`);
      client.send('hello');
      expect(await client.text()).toBe('Echo: hello');

      start.signal('SIGINT');
      expect(await client.closed).toMatchObject({ code: 1001 });
      await within(start.exited, 'npm start to end', MINUTE / 6);
    },
    3 * MINUTE,
  );
});
