import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { within } from '../support/deadline.js';
import type { Outcome } from './told.js';

const FILE = fileURLToPath(new URL('node.mjs', import.meta.url));
const START_MS = 60_000;
const ANSWER_MS = 10_000;
/** Lines that are shown of one that has failed. */
const LINES = 40;

/** Which packets a node writes and reads: see next-packet.mjs. */
export type Packets = 'first' | 'read' | 'next';

export interface NodeOptions {
  readonly broker: 'redis' | 'jetstream';
  readonly url: string;
  readonly presence: boolean;
  /** More than one: workers of `node:cluster`, which share a port. */
  readonly workers: number;
  readonly packets: Packets;
}

/** What became of a broadcast. */
export interface BroadcastAnswer {
  readonly text: string;
  readonly outcome: Outcome;
  readonly position?: string;
  readonly error?: string;
}

export interface PresenceAnswer {
  readonly read?: readonly string[];
  readonly watched?: readonly string[];
  readonly failed?: string;
}

export interface BroadcastOrder {
  readonly kind: 'kept' | 'plain';
  readonly name: string;
  readonly text: string;
  readonly size: number;
  readonly id?: string | undefined;
}

interface Message extends Partial<BroadcastAnswer>, PresenceAnswer {
  readonly port?: number;
  readonly workers?: readonly number[];
  readonly ended?: number;
  readonly ask?: number;
  readonly metrics?: NodeMetrics;
}

/** What is read of `RevaliWsMetrics`. */
export interface NodeMetrics {
  readonly caughtUp: number;
  readonly resumes: Record<'recovered' | 'fromRing' | 'fromBroker' | 'failed', number>;
}

/** All that run: none may outlive this process. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One life of one node. */
export class NodeProcess {
  port = 0;
  /** Process ids of its workers. */
  workers: readonly number[] = [];
  readonly exited: Promise<unknown>;
  private readonly child: ChildProcess;
  private readonly lines: string[] = [];
  private readonly asked = new Map<number, (message: Message) => void>();
  private readonly endedWorkers = new Set<number>();
  private next = 0;
  private isStopped = false;

  static async start(
    name: string,
    options: NodeOptions,
    onBroadcast: (answer: BroadcastAnswer) => void,
  ): Promise<NodeProcess> {
    const node = new NodeProcess(name, options, onBroadcast);
    try {
      await within(node.listening(), `node ${name} to listen`, START_MS, () => node.log);
    } catch (error) {
      node.kill();
      throw error;
    }
    return node;
  }

  private constructor(
    readonly name: string,
    options: NodeOptions,
    private readonly onBroadcast: (answer: BroadcastAnswer) => void,
  ) {
    const { packets, ...rest } = options;
    const given = JSON.stringify({ ...rest, ...(packets === 'first' ? {} : { packets }) });
    this.child = fork(FILE, [given], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
    running.add(this.child);
    this.exited = once(this.child, 'exit').then(() => running.delete(this.child));
    this.child.on('error', () => undefined);
    this.child.on('message', (message: Message) => this.hear(message));
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => this.note(chunk.toString()));
  }

  /** Its number. */
  get node(): number {
    return Number(/^n(\d+)/.exec(this.name)?.[1]);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get exitCode(): number | null {
    return this.child.exitCode;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Whether nothing of it is left, its workers included. */
  get isGone(): boolean {
    return this.pids.every((pid) => !signal(pid, 0));
  }

  /** What it has written last. */
  get log(): string {
    return this.lines.join('\n');
  }

  /** Indexes of workers that run; one that has none does all by itself. */
  get places(): readonly number[] {
    if (this.workers.length === 0) return [0];
    return [...this.workers.keys()].filter((index) => !this.endedWorkers.has(index));
  }

  broadcast(worker: number, list: readonly BroadcastOrder[]): void {
    this.tell({ command: 'broadcast', worker, list });
  }

  watch(names: readonly string[]): void {
    for (const worker of this.places) this.tell({ command: 'watch', worker, names });
  }

  presence(name: string, worker = 0): Promise<PresenceAnswer> {
    return this.ask({ command: 'presence', worker, name });
  }

  async metrics(worker = 0): Promise<NodeMetrics | undefined> {
    return (await this.ask({ command: 'metrics', worker })).metrics;
  }

  killWorker(worker: number): void {
    this.tell({ command: 'killWorker', worker });
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** It does nothing until `go()`, and its connections stay open. */
  stop(): void {
    this.isStopped = true;
    for (const pid of this.pids) signal(pid, 'SIGSTOP');
  }

  go(): void {
    if (!this.isStopped) return;
    this.isStopped = false;
    for (const pid of this.pids) signal(pid, 'SIGCONT');
  }

  /** As an application closes. @returns Whether it did. */
  async close(): Promise<boolean> {
    this.go();
    this.tell({ command: 'close' });
    try {
      await within(this.exited, `node ${this.name} to close`, 30_000, () => this.log);
      return this.exitCode === 0;
    } catch {
      this.kill();
      await this.exited;
      return false;
    }
  }

  private get pids(): readonly number[] {
    return [this.pid, ...this.workers].filter((pid) => pid !== undefined);
  }

  private listening(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.asked.set(-1, () => resolve());
      this.child.once('exit', (code) => reject(new Error(`ended with ${code}: ${this.log}`)));
    });
  }

  private hear(message: Message): void {
    const { text, outcome, port, workers, ended, ask } = message;
    if (text !== undefined && outcome) this.onBroadcast({ ...message, text, outcome });
    else if (ended !== undefined) this.endedWorkers.add(ended);
    else if (port !== undefined) {
      this.port = port;
      this.workers = workers ?? [];
      this.answer(-1, message);
    } else if (ask !== undefined) this.answer(ask, message);
  }

  private answer(ask: number, message: Message): void {
    this.asked.get(ask)?.(message);
    this.asked.delete(ask);
  }

  private ask(question: object): Promise<Message> {
    this.next += 1;
    const ask = this.next;
    const answer = new Promise<Message>((resolve) => this.asked.set(ask, resolve));
    this.tell({ ...question, ask });
    return within(answer, `an answer of node ${this.name}`, ANSWER_MS, () => this.log);
  }

  /** One that is gone hears nothing. */
  private tell(message: object): void {
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  private note(text: string): void {
    this.lines.push(...text.split('\n').filter((line) => line !== ''));
    this.lines.splice(0, Math.max(0, this.lines.length - LINES));
  }
}

/** @returns Whether there is such a process. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
