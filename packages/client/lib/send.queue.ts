import { Alarm, type Environment } from './environment.js';
import { NotSent } from './errors.js';
import type { Payload } from './message.format.js';

/** A message on its way out. */
export interface Outgoing {
  readonly message: unknown;
  payload: Payload;
  /** Of `revali.v1`; empty for what is no call. */
  readonly header: string;
  /** Of the environment's clock. */
  readonly since: number;
  /** Whether a socket has it. */
  isWritten: boolean;
  /** Tells its sender; a reason that comes after that is an error of the connection. */
  settle(...error: [] | [reason: unknown]): void;
}

/** Limits of what waits. */
export interface QueueLimits {
  /** Default: 100. */
  readonly messages: number;
  /** Bytes, or characters of text. Default: 1 MiB. */
  readonly bytes: number;
  /** Milliseconds. Default: 30 s. */
  readonly age: number;
}

const sizeOf = ({ payload }: Outgoing): number =>
  typeof payload === 'string' ? payload.length : payload.byteLength;

/** What waits for an open socket: bounded, and nothing waits for ever. */
export class SendQueue {
  #entries: Outgoing[] = [];
  #bytes = 0;
  readonly #alarm: Alarm;

  constructor(
    private readonly limits: QueueLimits,
    private readonly environment: Environment,
  ) {
    this.#alarm = new Alarm(environment);
  }

  get length(): number {
    return this.#entries.length;
  }

  add(entry: Outgoing): void {
    const { messages, bytes } = this.limits;
    if (this.length >= messages || this.#bytes + sizeOf(entry) > bytes)
      entry.settle(new NotSent('the queue is full', entry.message));
    else this.#insert([entry], this.length);
  }

  /** What a socket had, and has not passed on. It was let in before. */
  giveBack(entries: readonly Outgoing[]): void {
    for (const entry of entries) entry.isWritten = false;
    this.#insert(entries, 0);
  }

  remove(entry: Outgoing): void {
    const at = this.#entries.indexOf(entry);
    if (at >= 0) this.#take(at, 1);
  }

  takeAll(): Outgoing[] {
    return this.#take(0, this.length);
  }

  refuseAll(why: string): void {
    for (const entry of this.takeAll()) entry.settle(new NotSent(why, entry.message));
  }

  #insert(entries: readonly Outgoing[], at: number): void {
    this.#entries.splice(at, 0, ...entries);
    for (const entry of entries) this.#bytes += sizeOf(entry);
    this.#watch();
  }

  #take(at: number, count: number): Outgoing[] {
    const taken = this.#entries.splice(at, count);
    for (const entry of taken) this.#bytes -= sizeOf(entry);
    this.#watch();
    return taken;
  }

  /** The first is the oldest. */
  #watch(): void {
    const [oldest] = this.#entries;
    if (!oldest) this.#alarm.clear();
    else if (!this.#alarm.isSet) this.#alarm.set(this.#left(oldest), () => this.#refuseOld());
  }

  #refuseOld(): void {
    for (let [next] = this.#entries; next && this.#left(next) <= 0; [next] = this.#entries) {
      this.#take(0, 1);
      next.settle(new NotSent('it has waited for too long', next.message));
    }
    this.#watch();
  }

  #left({ since }: Outgoing): number {
    return since + this.limits.age - this.environment.now();
  }
}
