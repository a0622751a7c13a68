import type { CallOptions, StreamOptions } from './client.types.js';
import { ignore } from './deferred.js';
import type { Extended, Extension, ExtensionHost } from './extension.js';
import { headers } from './headers.js';
import { textOf, type Payload } from './message.format.js';
import { createInbox } from './message.inbox.js';
import type { Outgoing } from './outgoing.js';

/** The handler failed, or a guard or pipe before it. The connection stays open. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';

  /** @param response The server's answer: `{ statusCode, message, … }`. */
  constructor(
    message: string,
    readonly statusCode: number | undefined,
    readonly response: unknown,
  ) {
    super(message);
  }
}

/** The connection was lost before the answer: the call may or may not have run. `{ retry: true }` repeats the call. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** No answer came within `timeout`. The call was stopped. */
export class CallTimedOut extends Error {
  override readonly name = 'CallTimedOut';
}

/** Receives the answers to a call. */
interface Answers {
  item(payload: Payload): void;
  /** @param payload `undefined` if the handler returned nothing, or the stream is done. */
  end(payload?: Payload): void;
  error(error: unknown): void;
}

interface OpenCall {
  readonly answers: Answers;
  readonly lost: () => void;
}

/** Makes a call. @returns A function that stops it. */
type Ask = (message: unknown, answers: Answers, retry?: boolean) => () => void;

/** Adds `connection.call()` and `connection.stream()`: `createClient({ use: [calls()] })`. */
export const calls = (): Extension => ({ framing: headers, extend });

function extend(host: ExtensionHost): Extended {
  const open = new Map<string, OpenCall>();
  let made = 0;

  const ask: Ask = (message, answers, retry) => {
    let id = '';
    let entry: Outgoing;
    let mayHaveRun = false;
    const failed = (error?: unknown): void => {
      if (!open.delete(id)) return;
      answers.error(
        mayHaveRun ? new ConnectionLost('The connection was lost before the answer.') : error,
      );
    };
    const start = (): void => {
      id = (made += 1).toString(36);
      entry = host.post(message, `c ${id}`);
      open.set(id, { answers, lost });
      entry.onLate = failed;
      entry.sent.catch(failed);
    };
    const lost = (): void => {
      // A call in the queue has not been made yet.
      if (!entry.isWritten) return;
      mayHaveRun = true;
      if (!retry) return failed();
      open.delete(id);
      start();
    };
    start();
    return () => {
      if (!open.delete(id)) return;
      if (entry.isWritten) host.post(undefined, `x ${id}`, { queue: false });
      else host.withdraw(entry);
    };
  };

  return {
    receive(header, payload) {
      const [kind = '', id = ''] = header.split(' ');
      if (!/^[ried]$/.test(kind)) return false;
      const answers = open.get(id)?.answers;
      try {
        if (kind === 'i') answers?.item(payload);
        else {
          open.delete(id);
          if (kind === 'e') answers?.error(failureFrom(payload));
          else answers?.end(kind === 'r' ? payload : undefined);
        }
      } catch (error) {
        // The payload cannot be read.
        answers?.error(error);
      }
      return true;
    },
    lost() {
      for (const call of open.values()) call.lost();
    },
    members: { call: callBy(host, ask), stream: streamBy(host, ask) },
  };
}

function callBy(host: ExtensionHost, ask: Ask) {
  return (type: string, body?: unknown, options: CallOptions = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const { signal, timeout, retry } = options;
      signal?.throwIfAborted();
      const alarm = host.alarm();
      const settle = (action: () => void): void => {
        alarm();
        signal?.removeEventListener('abort', onAbort);
        action();
      };
      const fail = (reason: unknown): void => {
        stop();
        settle(() => reject(reason));
      };
      const onAbort = (): void => fail(signal?.reason);
      const stop = ask(
        messageOf(host, type, body),
        {
          item: () => fail(new TypeError(`"${type}" answers with a stream: use stream().`)),
          end: (payload) => settle(() => resolve(payload && host.decode(payload))),
          error: fail,
        },
        retry,
      );
      signal?.addEventListener('abort', onAbort);
      if (timeout)
        alarm(timeout, () =>
          fail(new CallTimedOut(`"${type}" has not answered in ${timeout} ms.`)),
        );
    });
}

function streamBy(host: ExtensionHost, ask: Ask) {
  return (type: string, body?: unknown, { signal }: StreamOptions = {}) => {
    const inbox = createInbox(host.settings.buffer);
    let stop: (() => void) | undefined;
    const end = (error?: unknown): void => {
      stop?.();
      // A stream that was left before its start must not start later.
      stop = ignore;
      signal?.removeEventListener('abort', onAbort);
      inbox.end(error);
    };
    const onAbort = (): void => {
      inbox.clear();
      end(signal?.reason);
    };
    const start = (): void => {
      stop = ignore;
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort);
      stop = ask(messageOf(host, type, body), {
        item: (payload) => {
          if (!inbox.put(host.decode(payload))) end();
        },
        end: (payload) =>
          end(payload && new TypeError(`"${type}" answers with a value: use call().`)),
        error: end,
      });
    };
    const iterator: AsyncIterableIterator<unknown> = {
      next: () => {
        if (!stop) start();
        return inbox.next();
      },
      return: () => {
        inbox.clear();
        end();
        return Promise.resolve({ value: undefined, done: true });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  };
}

/** Builds the message that the options `by` and `body` of the server's class describe. */
function messageOf({ settings }: ExtensionHost, type: string, body: unknown): unknown {
  const { type: by = 'type', body: property } = settings.route;
  if (type === '') return body === undefined ? '' : body;
  return { ...(property === undefined ? Object(body) : { [property]: body }), [by]: type };
}

/** The usual properties of the server's answer to a failed call. */
interface Failure {
  readonly message?: string | readonly string[];
  readonly statusCode?: number;
}

function failureFrom(payload: Payload): CallFailed {
  const text = textOf(payload);
  try {
    const response: unknown = JSON.parse(text);
    const { message, statusCode } = response as Failure;
    return new CallFailed([message ?? text].flat().join(', '), statusCode, response);
  } catch {
    return new CallFailed(text, undefined, text);
  }
}
