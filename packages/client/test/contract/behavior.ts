import type * as package_ from 'nestjs-revali-ws-client';

/** What a behavior is tried with: in this process, in that of another runtime, or in a page. */
export interface World {
  /** The package. */
  readonly client: typeof package_;
  /** Where the runtime has none of its own. */
  readonly WebSocket: package_.SocketConstructor | undefined;
  /** Whether a handshake can have headers of the user: pages' cannot. */
  readonly setsHeaders: boolean;
  /** Of the server, through the bad network. */
  readonly url: string;
  /** Asks the test's process to do something to the server or to the network. */
  control<T>(command: string, ...args: unknown[]): Promise<T>;
}

/** Rejects where the client does not behave so. */
export type Behavior = (world: World) => Promise<void>;

export type Behaviors = Readonly<Record<string, Behavior>>;

/** Waits are short, and no attempt is the last. */
export const RETRY = { base: 20, max: 100, stableAfter: 300 };

export function options({ url, WebSocket }: World): package_.ClientOptions {
  return { url, retry: RETRY, ...(WebSocket && { WebSocket }) };
}

export function equal(actual: unknown, expected: unknown): void {
  const [left, right] = [show(actual), show(expected)];
  if (left !== right) throw new Error(`expected ${right}, and there was ${left}`);
}

export function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** @returns What it rejects with. */
export async function rejection(promise: PromiseLike<unknown>, name: string): Promise<Error> {
  const error = await promise.then(
    (value) => new Error(`it resolved with ${show(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof Error && error.name === name) return error;
  throw new Error(`expected ${name}, and there was ${String(error)}`);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** @returns What it resolves with, within ten seconds. */
export async function soon<T>(promise: PromiseLike<T>, what: string, ms = 10_000): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited for ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export async function until(holds: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 10_000; !holds();) {
    if (Date.now() > end) throw new Error(`waited until ${what}`);
    await sleep(5);
  }
}

/** The next message. */
export async function next<T>(connection: AsyncIterable<T>): Promise<T> {
  const result = await soon(connection[Symbol.asyncIterator]().next(), 'a message');
  if (result.done) throw new Error('the loop has ended');
  return result.value;
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    each === undefined
      ? 'undefined'
      : each instanceof ArrayBuffer
        ? `bytes ${String(new Uint8Array(each))}`
        : each,
  );
}
