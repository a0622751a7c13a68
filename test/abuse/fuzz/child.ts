import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

import { within } from '../../support/deadline.js';
import type { Command, ServerState } from './server.js';
import type { Setup } from './setups.js';

const START_MS = 60_000;
const REPLY_MS = 60_000;
/** Of what it writes, the end is kept. */
const MAX_OUTPUT = 20_000;

/** The server's process, as the one that starts it sees it. */
export class FuzzServer {
  port = 0;
  /** How it ended, where it has; a fuzzed server must not end before it is told to. */
  ending: string | undefined;
  readonly ended: Promise<void>;
  private output = '';
  private readonly child: ChildProcess;

  /** @param onUncaught Told of each exception and rejection that nobody has caught. */
  static async start(setup: Setup, onUncaught: (error: string) => void): Promise<FuzzServer> {
    const server = new FuzzServer(setup);
    server.child.on('message', (message: object) => {
      if ('uncaught' in message) onUncaught(String(message.uncaught));
    });
    const ready = await server.reply(START_MS);
    server.port = Number(Reflect.get(ready, 'port'));
    return server;
  }

  private constructor(setup: Setup) {
    this.child = fork(join('test', 'abuse', 'fuzz', 'server.ts'), [JSON.stringify(setup)], {
      execArgv: ['--import', './test/support/from-sources.mjs'],
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const keep = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-MAX_OUTPUT);
    };
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
    this.ended = new Promise((resolve) => {
      // Not `close`: it does not come after a disconnect from here.
      this.child.once('exit', (code, signal) => {
        this.ending = `code ${code}, signal ${signal}`;
        resolve();
      });
    });
  }

  /** What it has written: nothing, where nothing was wrong. */
  get written(): string {
    return this.output;
  }

  async ask(command: Command): Promise<ServerState> {
    const reply = this.reply(REPLY_MS);
    if (this.child.connected) this.child.send(command);
    return (await reply) as ServerState;
  }

  /** Lets go of it: it ends by itself. */
  async stop(): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    await within(this.ended, 'the server to end', REPLY_MS);
  }

  private async reply(ms: number): Promise<object> {
    const message = new Promise<object>((resolve) => {
      const listen = (received: object): void => {
        if ('uncaught' in received) return;
        this.child.off('message', listen);
        resolve(received);
      };
      this.child.on('message', listen);
    });
    const ended = this.ended.then(() => {
      throw new Error(`the server has ended: ${this.ending}\n${this.output}`);
    });
    ended.catch(() => undefined);
    return within(Promise.race([message, ended]), 'the server to reply', ms);
  }
}
