import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { text as readText } from 'node:stream/consumers';
import { WebSocket } from 'ws';

import { sleep, within } from '../../support/deadline.js';
import type { Random } from '../../support/random.js';
import { ANSWER_MS } from './limits.js';
import type { Target } from './setups.js';

const PAUSE_MS = 10;

/** Clients that do nothing wrong, and must be served as if they were alone: exactly what they asked for, all the while. */
export class Witness {
  /** How often they were served. */
  served = 0;
  private isDone = false;
  private count = 0;
  private readonly working: Promise<void>[];
  private readonly agent: Agent;

  constructor(
    private readonly target: Target,
    private readonly random: Random,
    private readonly onFault: (fault: string) => void,
  ) {
    const options = { keepAlive: true, maxSockets: 1 };
    this.agent = target.isSecure
      ? new SecureAgent({ ...options, rejectUnauthorized: false })
      : new Agent(options);
    this.working = [
      this.guarded('HTTP', () => this.askForPages()),
      this.guarded('a route', () => this.talkTo('/ws/echo/witness', (value) => value)),
      this.guarded('a gateway', () =>
        this.talkTo('/gateway/witness', (data) => JSON.stringify({ event: 'echo', data })),
      ),
    ];
  }

  async stop(): Promise<void> {
    this.isDone = true;
    await Promise.all(this.working);
    this.agent.destroy();
  }

  private async guarded(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.onFault(`a witness was not served by ${what}: ${String(error)}`);
    }
  }

  private async askForPages(): Promise<void> {
    while (!this.isDone) {
      const value = this.value(60);
      const answer = await within(this.get(`/http/value/${value}`), 'a page', ANSWER_MS);
      this.compare('a page', answer, JSON.stringify({ value, pad: '' }));
      await sleep(PAUSE_MS);
    }
  }

  private async get(path: string): Promise<string> {
    const { port, isSecure } = this.target;
    const send = isSecure ? secureRequest : request;
    const sent = send({ host: '127.0.0.1', port, path, agent: this.agent });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return readText(response);
  }

  private async talkTo(path: string, form: (value: string) => string): Promise<void> {
    const { port, isSecure } = this.target;
    const scheme = isSecure ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://127.0.0.1:${port}${path}`, {
      rejectUnauthorized: false,
    });
    await within(once(socket, 'open'), 'the witness to connect', ANSWER_MS);
    while (!this.isDone) {
      const sent = form(this.value(3_000));
      const answer = once(socket, 'message');
      socket.send(sent);
      const [data] = (await within(answer, 'an echo', ANSWER_MS)) as [Buffer];
      this.compare('an echo', String(data), sent);
      await sleep(PAUSE_MS);
    }
    socket.close();
    await within(once(socket, 'close'), 'the close', ANSWER_MS);
  }

  private compare(what: string, seen: string, expected: string): void {
    this.served += 1;
    if (seen !== expected)
      this.onFault(`a witness got ${JSON.stringify(seen.slice(0, 200))} as ${what}`);
  }

  /** Nobody else has it. */
  private value(size: number): string {
    this.count += 1;
    return `wit-${this.count}-`.padEnd(this.random.below(size), 'secret');
  }
}
