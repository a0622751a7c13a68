import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';

import { eventually, within } from '../../support/deadline.js';
import { closeAllClients } from '../../support/clients/open-clients.js';
import { platforms } from '../../support/apps/platforms.js';
import { TestClient } from '../../support/clients/test-client.js';

const children = new Set<ChildProcess>();

/** An application in a process of its own. */
class CrashApp {
  readonly ended: Promise<number | null>;
  private output = '';
  private errors = '';

  constructor(...args: readonly string[]) {
    // Where the package is installed, there are no sources.
    const hooks = existsSync('lib/index.ts') ? ['--import', './test/support/from-sources.mjs'] : [];
    const child = spawn(
      process.execPath,
      [...hooks, 'test/support/apps/gateways/crash-app.mjs', ...args],
      { env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    children.add(child);
    child.stdout.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.ended = new Promise((resolve) => {
      child.on('close', (code) => {
        children.delete(child);
        resolve(code);
      });
    });
  }

  connect(query = ''): Promise<TestClient> {
    const listening = (): string => {
      const port = /^listening (\d+)$/m.exec(this.output)?.[1];
      if (port === undefined) throw new Error(`${this.output}${this.errors}`);
      return port;
    };
    return eventually(listening, 'the application to listen', 15_000).then((port) =>
      TestClient.connect(`ws://127.0.0.1:${port}/${query}`),
    );
  }
}

const failures = ['throw', 'reject', 'unserializable'] as const;

describe.each(platforms)('a gateway that fails, on $name', (platform) => {
  afterEach(async () => {
    await closeAllClients();
    for (const child of children) child.kill('SIGKILL');
  });

  it.each(failures)('ends the process with WsAdapter (%s)', async (failure) => {
    const app = new CrashApp(platform.name, 'WsAdapter');
    const client = await app.connect(`?${failure}`);
    client.sendJson({ event: 'push' });
    expect(await within(app.ended, 'the process to end')).toBe(1);
    expect(await client.closed).toMatchObject({ code: 1006 });
  });

  it('closes that client alone with RevaliWsAdapter', async () => {
    const app = new CrashApp(platform.name, 'RevaliWsAdapter');
    const bystander = await app.connect();
    for (const failure of failures) {
      const client = await app.connect(`?${failure}`);
      client.sendJson({ event: 'push' });
      expect(await client.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
    }
    expect(bystander.isOpen).toBe(true);
  });
});
