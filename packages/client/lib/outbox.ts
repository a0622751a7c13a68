import type { SocketLike } from './client.types.js';
import type { ConnectionSettings } from './connection.settings.js';
import { deferred } from './deferred.js';
import { createAlarm, type Environment } from './environment.js';
import { NotSent } from './errors.js';
import type { Framing } from './extension.js';
import { encodeMessage } from './message.format.js';
import type { Outgoing } from './outgoing.js';

/** Options of one message. */
interface PostOptions {
  readonly signal?: AbortSignal;
  readonly queue?: boolean;
}

/** Messages from `send()` to a socket with room to spare. */
export interface Outbox {
  /** Messages that wait for a socket. */
  readonly queued: () => number;
  /** @param header Only with a framing. */
  readonly post: (message: unknown, header?: string, options?: PostOptions) => Outgoing;
  /** Removes the message from the queue if it still waits there. */
  readonly withdraw: (entry: Outgoing) => void;
  /** @param framing Given if the server speaks headers. */
  readonly open: (socket: SocketLike, framing: Framing | undefined) => void;
  /** The server has processed the messages sent so far, or will. */
  readonly accepted: () => void;
  /** @param isRefused Whether the written messages wait for the next socket. */
  readonly lost: (isRefused: boolean) => void;
  readonly end: () => void;
}

/** How often the client checks whether a full socket has room again: sockets do not tell. Milliseconds. */
const POLL = 20;
const OPEN = 1;
const CLOSED = 'the connection is closed';

const sizeOf = ({ payload }: Outgoing): number =>
  typeof payload === 'string' ? payload.length : payload.byteLength;

/** @param onLate Called for messages that are lost after their `sent` promise resolved. */
export function createOutbox(
  { format, queue: limits, highWaterMark }: ConnectionSettings,
  environment: Environment,
  onLate: (error: unknown) => void,
): Outbox {
  const alarm = createAlarm(environment);
  /** Messages that wait for an open socket, with the functions that stop their age limits. None waits forever. */
  const queue = new Map<Outgoing, () => void>();
  let bytes = 0;
  /** Messages that the server may still refuse. */
  let doubtful: Outgoing[] | undefined;
  /** Written messages that wait for room in the socket. */
  const full: Outgoing[] = [];
  let socket: SocketLike | undefined;
  let framing: Framing | undefined;
  let isOver = false;

  const refuse = (entry: Outgoing, why: string): void => {
    withdraw(entry);
    entry.settle(new NotSent(why, entry.message));
  };

  const withdraw = (entry: Outgoing): void => {
    queue.get(entry)?.();
    if (queue.delete(entry)) bytes -= sizeOf(entry);
  };

  const enqueue = (entry: Outgoing): void => {
    bytes += sizeOf(entry);
    const left = entry.since + limits.age - environment.now();
    queue.set(
      entry,
      environment.after(left, () => refuse(entry, 'it has waited for too long')),
    );
  };

  const write = (to: SocketLike, entry: Outgoing): void => {
    withdraw(entry);
    const { header, payload } = entry;
    if (header && !framing)
      return refuse(entry, 'the server does not speak revali.v1 on this connection');
    to.send(framing ? framing.join(header, payload) : payload);
    entry.isWritten = true;
    doubtful?.push(entry);
    if (full.push(entry) === 1) poll();
  };

  const poll = (): void => {
    if (socket && socket.bufferedAmount > highWaterMark) return alarm(POLL, poll);
    alarm();
    for (const entry of full.splice(0)) entry.settle();
  };

  const place = (entry: Outgoing, mayWait: boolean): void => {
    try {
      // The format does not apply to a message without content.
      if (entry.message !== undefined || !entry.header)
        entry.payload = encodeMessage(format, entry.message);
    } catch (error) {
      return entry.settle(error);
    }
    if (isOver) refuse(entry, CLOSED);
    else if (socket?.readyState === OPEN) write(socket, entry);
    else if (!mayWait) refuse(entry, 'no socket is open');
    else if (queue.size >= limits.messages || bytes + sizeOf(entry) > limits.bytes)
      refuse(entry, 'the queue is full');
    else enqueue(entry);
  };

  return {
    queued: () => queue.size,
    withdraw,
    post(message, header = '', { signal, queue: mayWait = true } = {}) {
      const { promise, resolve, reject } = deferred<void>();
      let isSettled = false;
      const onAbort = (): void => {
        const reason: unknown = signal?.reason;
        withdraw(entry);
        entry.settle(reason);
      };
      const entry: Outgoing = {
        message,
        payload: '',
        header,
        since: environment.now(),
        isWritten: false,
        sent: promise,
        onLate,
        settle(...errors) {
          signal?.removeEventListener('abort', onAbort);
          if (isSettled) errors.map(entry.onLate);
          else if (errors.length > 0) reject(errors[0]);
          else resolve();
          isSettled = true;
        },
      };
      signal?.addEventListener('abort', onAbort);
      if (signal?.aborted) onAbort();
      else place(entry, mayWait);
      return entry;
    },
    open(opened, spoken) {
      socket = opened;
      framing = spoken;
      doubtful = [];
      for (const entry of queue.keys()) write(opened, entry);
    },
    accepted() {
      doubtful = undefined;
    },
    lost(isRefused) {
      socket = undefined;
      if (isRefused && doubtful) {
        // Messages that the server refused go first.
        const later = [...queue.keys()];
        later.forEach(withdraw);
        for (const entry of doubtful) entry.isWritten = false;
        [...doubtful, ...later].forEach(enqueue);
      }
      doubtful = undefined;
      poll();
    },
    end() {
      isOver = true;
      for (const entry of queue.keys()) refuse(entry, CLOSED);
    },
  };
}
