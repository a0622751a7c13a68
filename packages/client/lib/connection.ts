import { addressOf } from './address.js';
import type { ClientOptions, Closed, Credentials, SocketConstructor } from './client.types.js';
import type { ConnectionSettings } from './connection.settings.js';
import { deferred } from './deferred.js';
import { Emitter } from './emitter.js';
import { Alarm, type Environment } from './environment.js';
import { ConnectionClosed } from './errors.js';
import type { Extended, ExtensionHost, Framing } from './extension.js';
import { Link } from './link.js';
import { decodeMessage, type Payload } from './message.format.js';
import { Inbox } from './message.inbox.js';
import type { Query } from './route.types.js';
import { Sender } from './sender.js';
import type { Handshake, Socket } from './socket.js';

/** What a connection is made of, beside its settings. */
export interface ConnectionParts {
  readonly client: ClientOptions;
  readonly constructor: SocketConstructor;
  readonly path: string;
  readonly environment: Environment;
  readonly isHeaded: boolean;
}

const MAX_REASON = 123;

/** What users have of a connection. */
export class ClientConnection {
  readonly #emitter = new Emitter();
  readonly #opened = deferred<void>();
  readonly #inbox: Inbox<unknown>;
  readonly #sender: Sender;
  readonly #link: Link;
  readonly #extended: readonly Extended[];
  readonly #framing: Framing | undefined;
  readonly #resumed: Record<string, Query[string]> = {};
  #spoken: Framing | undefined;
  #isIterated = false;

  constructor(
    private readonly settings: ConnectionSettings,
    private readonly parts: ConnectionParts,
    signal: AbortSignal | undefined,
  ) {
    const { client, environment, isHeaded } = parts;
    const extensions = (isHeaded && client.use) || [];
    this.#framing = extensions[0]?.framing;
    this.#inbox = new Inbox(settings.buffer);
    this.#sender = new Sender(settings, environment, (error) => this.#emit('error', error));
    this.#extended = extensions.map((extension) => extension.extend(this.#host()));
    for (const { members } of this.#extended) Object.assign(this, members);
    this.#link = new Link(parts.constructor, settings, environment, {
      handshake: (credentials) => this.#handshake(credentials),
      open: (socket) => this.#open(socket),
      accepted: () => {
        this.#sender.accepted();
        this.#opened.resolve();
      },
      message: (payload) => this.#receive(payload),
      lost: (isRefused) => {
        this.#sender.lost(isRefused);
        for (const each of this.#extended) each.lost?.();
      },
      state: (state) => this.#emit('state', state),
      error: (error) => this.#emit('error', error),
      ended: (closed) => this.#end(closed),
      close: (end) => {
        this.#emit('close', end);
        if (this.state === 'closed') this.#emitter.end();
      },
    });
    this.#link.start(signal);
  }

  get state(): Link['state'] {
    return this.#link.state;
  }

  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  get closed(): Promise<Closed> {
    return this.#link.closed.promise;
  }

  get queued(): number {
    return this.#sender.queue.length;
  }

  get bufferedAmount(): number {
    return this.#link.socket?.bufferedAmount ?? 0;
  }

  get protocol(): string {
    const protocol = this.#link.socket?.protocol ?? '';
    return this.#framing ? this.#framing.ownPart(protocol) : protocol;
  }

  get isHeaded(): boolean {
    return !!this.#spoken;
  }

  on(
    event: string,
    listener: (...args: never[]) => void,
    { signal }: { signal?: AbortSignal } = {},
  ): () => void {
    return this.#emitter.on(event, listener, signal);
  }

  send(message: unknown, options?: { signal?: AbortSignal; queue?: boolean }): Promise<void> {
    return this.#sender.post(message, '', options).sent;
  }

  call(): Promise<never> {
    return Promise.reject(new TypeError(MISSING));
  }

  stream(): never {
    throw new TypeError(MISSING);
  }

  reconnect(): void {
    this.#link.reconnect();
  }

  close(code = 1000, reason = ''): void {
    const isOwn = code === 1000 || (code >= 3000 && code <= 4999);
    if (!isOwn || new TextEncoder().encode(reason).length > MAX_REASON)
      throw new RangeError(`close() takes 1000 or 3000–4999, and a reason of ${MAX_REASON} bytes.`);
    this.#link.close('done', code, reason);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<unknown> {
    this.#isIterated = true;
    const iterator: AsyncIterableIterator<unknown> = {
      next: () => this.#inbox.next(),
      return: () => Promise.resolve({ value: undefined, done: true }),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  #emit(event: string, ...args: unknown[]): void {
    this.#emitter.emit(event, ...args);
  }

  #handshake(credentials: Credentials | undefined): Handshake {
    const { client, path } = this.parts;
    const protocols = [...this.settings.protocols, ...(credentials?.protocols ?? [])];
    const queries = [this.settings.query, credentials?.query, this.#resumed];
    for (const each of this.#extended) queries.push(each.query?.());
    return {
      url: addressOf(client.url, path, queries).href,
      protocols: this.#framing ? this.#framing.offers(protocols) : protocols,
      headers: credentials?.headers,
    };
  }

  #open(socket: Socket): void {
    this.#spoken = this.#framing?.isSpoken(socket.protocol) ? this.#framing : undefined;
    this.#sender.open(socket, this.#spoken);
  }

  #receive(payload: Payload): void {
    if (payload === '' && (this.#spoken || this.settings.silence)) return;
    const [header, content] = this.#spoken ? this.#spoken.split(payload) : ['', payload];
    if (header === '' && content === '' && this.settings.silence) return;
    if (header && this.#extended.some((each) => each.receive?.(header, content))) return;
    // Of a room, where nobody keeps positions; other headers are of later versions.
    if (!header || header.startsWith('m')) this.#deliver(content, {});
  }

  #deliver(payload: Payload, origin: object): void {
    try {
      const message = decodeMessage(this.settings.format, payload);
      const isTaken = this.#emitter.has('message') && !this.#isIterated;
      Object.assign(this.#resumed, this.settings.resume?.(message));
      this.#emit('message', message, origin);
      if (!isTaken) this.#inbox.put(message);
    } catch (error) {
      this.#emit('error', error);
    }
  }

  #end(closed: Closed): void {
    const error = new ConnectionClosed(closed);
    const { kind } = closed;
    this.#sender.end();
    this.#inbox.end(kind === 'done' || kind === 'aborted' ? undefined : error);
    this.#opened.reject(error);
  }

  #host(): ExtensionHost {
    return {
      settings: this.settings,
      post: (message, header, options) => this.#sender.post(message, header, options),
      withdraw: (entry) => this.#sender.queue.remove(entry),
      decode: (payload) => decodeMessage(this.settings.format, payload, true),
      deliver: (payload, origin) => this.#deliver(payload, origin),
      emit: (event, told) => this.#emit(event, told),
      alarm: () => new Alarm(this.parts.environment),
    };
  }
}

const MISSING = 'Calls need createClient({ use: [calls()] }), and no headers: false.';
