import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';

import { eventually, within } from '../support/deadline.js';
import { closeAllClients } from '../support/clients/open-clients.js';
import { platforms, type Platform } from '../support/apps/platforms.js';
import { TestClient } from '../support/clients/test-client.js';

const children = new Set<ChildProcess>();

/** An application in a process of its own, and what it says. */
class SignalApp {
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  private output = '';
  private errors = '';
  private readonly child: ChildProcess;

  constructor(platform: Platform) {
    // Where the package is installed, there are no sources.
    const hooks = existsSync('lib/index.ts') ? ['--import', './test/support/from-sources.mjs'] : [];
    const child = spawn(
      process.execPath,
      [...hooks, 'test/support/apps/signal-app.mjs', platform.name],
      { env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.child = child;
    children.add(child);
    child.stdout.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        children.delete(child);
        resolve({ code, signal });
      });
    });
  }

  get said(): string[] {
    return this.output.trimEnd().split('\n');
  }

  async connect(): Promise<TestClient> {
    const port = await eventually(
      () => {
        const found = /^listening (\d+)$/m.exec(this.output)?.[1];
        if (found === undefined) throw new Error(`${this.output}${this.errors}`);
        return found;
      },
      'the application to listen',
      15_000,
    );
    return TestClient.connect(`ws://127.0.0.1:${port}/busy`);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

describe.each(platforms)('an application with enableShutdownHooks() on $name', (platform) => {
  afterEach(async () => {
    await closeAllClients();
    for (const child of children) child.kill('SIGKILL');
  });

  it('finishes its work after SIGTERM, and ends by it', async () => {
    const app = new SignalApp(platform);
    const client = await app.connect();
    const idle = await app.connect();
    client.send('answer');
    await eventually(() => expect(app.said).toContain('working'), 'the handler to run');
    app.kill('SIGTERM');
    expect(await client.text()).toBe('done: answer');
    for (const one of [client, idle]) {
      expect(await one.closed).toMatchObject({ code: 1001, reason: 'Server is shutting down' });
    }
    expect(await within(app.ended, 'the process to end', 5000)).toEqual({
      code: null,
      signal: 'SIGTERM',
    });
    expect(app.said.slice(1)).toEqual([
      'working',
      'clean-up',
      'onModuleDestroy',
      'onApplicationShutdown SIGTERM',
    ]);
  });
});
