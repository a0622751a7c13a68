import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

import { within } from '../deadline.js';

/** Below those that Linux gives to clients, who could take one while its server is away. */
const PORTS = { first: 10_000, count: 22_000 };

/** A port that nothing listens on, and that stays free for a server that is started again. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free');
}

async function isFree(port: number): Promise<boolean> {
  const listener = createServer();
  try {
    listener.listen(port, '127.0.0.1');
    await once(listener, 'listening');
  } catch {
    return false;
  }
  listener.close();
  await once(listener, 'close');
  return true;
}

export interface ServerCommand {
  /** On the PATH. */
  readonly command: string;
  readonly args: readonly string[];
  /** What it writes once it listens. */
  readonly ready: RegExp;
}

/** A server of others that a test has started, in a process of its own. */
export class ServerProcess {
  private written = '';

  /** @throws Error that says what to install, where the command is missing */
  static async start(command: ServerCommand): Promise<ServerProcess> {
    const child = spawn(command.command, command.args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    const server = new ServerProcess(child, command);
    try {
      await within(server.ready(), `${command.command} to listen`, 20_000, () => server.written);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return server;
  }

  private constructor(
    private readonly child: ChildProcess,
    private readonly command: ServerCommand,
  ) {}

  get isRunning(): boolean {
    const { pid, exitCode, signalCode } = this.child;
    return pid !== undefined && exitCode === null && signalCode === null;
  }

  /** Stops the process, or sends another signal; resolves when it has ended where it does. */
  async kill(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    if (!this.isRunning) return;
    const exit = once(this.child, 'exit');
    this.child.kill(signal);
    // One that is frozen has to wake up to end.
    this.child.kill('SIGCONT');
    await within(exit, `${this.command.command} to end`);
  }

  /** It does nothing, and its connections stay open, until `thaw()`. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  /** Many read their configuration again. */
  reload(): void {
    this.child.kill('SIGHUP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  private ready(): Promise<void> {
    const { command, ready } = this.command;
    return new Promise((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        this.written = `${this.written}${chunk.toString()}`.slice(-10_000);
        if (ready.test(this.written)) resolve();
      };
      this.child.stdout?.on('data', read);
      this.child.stderr?.on('data', read);
      this.child.once('error', (cause) => reject(new Error(missing(command), { cause })));
      this.child.once('exit', (code) =>
        reject(new Error(`${command} has ended with ${code}: ${this.written}`)),
      );
    });
  }
}

const missing = (command: string): string =>
  `${command} cannot be started, which these tests need. Debian and Ubuntu: apt-get install redis-server nats-server haproxy`;
