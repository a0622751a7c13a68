import type { ConnectionSettings } from './connection.settings.js';
import { deferred } from './deferred.js';
import { Alarm, type Environment } from './environment.js';
import { NotSent } from './errors.js';
import type { Framing } from './extension.js';
import { encodeMessage } from './message.format.js';
import { SendQueue, type Outgoing } from './send.queue.js';
import type { Socket } from './socket.js';

/** How often it is looked whether a socket has room again, and only while it has none. A socket does not tell. */
const POLL = 20;

/** What is sent, from its coming to a socket with room to spare. */
export class Sender {
  readonly queue: SendQueue;
  readonly #alarm: Alarm;
  #socket: Socket | undefined;
  #framing: Framing | undefined;
  /** What the server may still refuse to have read. */
  #doubtful: Outgoing[] | undefined;
  #full: Outgoing[] = [];
  #isOver = false;

  constructor(
    private readonly settings: ConnectionSettings,
    private readonly environment: Environment,
    private readonly onLate: (error: unknown) => void,
  ) {
    this.queue = new SendQueue(settings.queue, environment);
    this.#alarm = new Alarm(environment);
  }

  /** @param framing Where the server speaks headers. */
  open(socket: Socket, framing: Framing | undefined): void {
    this.#socket = socket;
    this.#framing = framing;
    this.#doubtful = [];
    for (const entry of this.queue.takeAll()) this.#write(socket, entry);
  }

  accepted(): void {
    this.#doubtful = undefined;
  }

  /** @param isRefused Whether what was written waits for the next socket. */
  lost(isRefused: boolean): void {
    this.#socket = undefined;
    if (isRefused && this.#doubtful) this.queue.giveBack(this.#doubtful);
    this.#doubtful = undefined;
    this.#poll();
  }

  end(): void {
    this.#isOver = true;
    this.queue.refuseAll('the connection is closed');
  }

  post(
    message: unknown,
    header = '',
    { signal, queue = true }: { signal?: AbortSignal; queue?: boolean } = {},
  ): { entry: Outgoing; sent: Promise<void> } {
    const { promise, resolve, reject } = deferred<void>();
    let isSettled = false;
    const onAbort = (): void => {
      const reason: unknown = signal?.reason;
      this.queue.remove(entry);
      entry.settle(reason);
    };
    const entry: Outgoing = {
      message,
      payload: '',
      header,
      since: this.environment.now(),
      isWritten: false,
      settle: (...errors) => {
        signal?.removeEventListener('abort', onAbort);
        if (isSettled) errors.map(this.onLate);
        else if (errors.length > 0) reject(errors[0]);
        else resolve();
        isSettled = true;
      },
    };
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    else this.#place(entry, queue);
    return { entry, sent: promise };
  }

  #place(entry: Outgoing, mayWait: boolean): void {
    try {
      entry.payload = encodeMessage(this.settings.format, entry.message);
    } catch (error) {
      entry.settle(error);
      return;
    }
    if (this.#isOver) this.#refuse(entry, 'the connection is closed');
    else if (this.#socket?.isOpen) this.#write(this.#socket, entry);
    else if (mayWait) this.queue.add(entry);
    else this.#refuse(entry, 'no socket is open');
  }

  #write(socket: Socket, entry: Outgoing): void {
    const { header, payload } = entry;
    if (header && !this.#framing)
      return this.#refuse(entry, 'the server does not speak revali.v1 on this connection');
    socket.send(this.#framing ? this.#framing.join(header, payload) : payload);
    entry.isWritten = true;
    this.#doubtful?.push(entry);
    this.#full.push(entry);
    if (!this.#alarm.isSet) this.#poll();
  }

  #refuse(entry: Outgoing, why: string): void {
    entry.settle(new NotSent(why, entry.message));
  }

  #poll(): void {
    if (this.#socket && this.#socket.bufferedAmount > this.settings.highWaterMark)
      this.#alarm.set(POLL, () => this.#poll());
    else {
      this.#alarm.clear();
      for (const entry of this.#full.splice(0)) entry.settle();
    }
  }
}
