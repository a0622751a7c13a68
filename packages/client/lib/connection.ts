import { addressOf } from './address.js';
import type { SocketConstructor } from './client.types.js';
import { layered, type ConnectionSettings } from './connection.settings.js';
import { deferred } from './deferred.js';
import { createEmitter } from './emitter.js';
import { createAlarm, type Environment } from './environment.js';
import { ConnectionClosed } from './errors.js';
import type { Framing } from './extension.js';
import { createLink } from './link.js';
import { decodeMessage, type Payload } from './message.format.js';
import { createInbox } from './message.inbox.js';
import { createOutbox } from './outbox.js';
import type { Query } from './route.types.js';

const MAX_REASON = 123;

/**
 * Opens a connection, as users see it.
 *
 * @param path The route's path, with its parameters filled in.
 */
export function openConnection(
  path: string,
  constructor: SocketConstructor,
  settings: ConnectionSettings,
  environment: Environment,
): object {
  const { format, silence } = settings;
  const { on, emit, end } = createEmitter();
  const opened = deferred<void>();
  const inbox = createInbox(settings.buffer);
  const emitError = (error: unknown): boolean => emit('error', error);
  const outbox = createOutbox(settings, environment, emitError);
  const extensions = (settings.headers !== false && settings.use) || [];
  const framing = extensions[0]?.framing;
  const resumed: Record<string, Query[string]> = {};
  let spoken: Framing | undefined;
  let isIterated = false;

  const deliver = (payload: Payload, origin: object): void => {
    try {
      const message = decodeMessage(format, payload);
      if (settings.resume) Object.assign(resumed, layered(settings.resume(message)));
      if (!emit('message', message, origin) || isIterated) inbox.put(message);
    } catch (error) {
      emitError(error);
    }
  };

  const extended = extensions.map((extension) =>
    extension.extend({
      settings,
      post: outbox.post,
      withdraw: outbox.withdraw,
      decode: (payload) => decodeMessage(format, payload, true),
      deliver,
      emit,
      alarm: () => createAlarm(environment),
    }),
  );

  const receive = (payload: Payload): void => {
    const [header, content] = (payload && spoken?.split(payload)) || ['', payload];
    // Empty messages are signs of life.
    if (content === '' && !header && (silence || (payload === '' && spoken))) return;
    if (header && extended.some((each) => each.receive?.(header, content))) return;
    // A message of a room, if nobody keeps positions. Other headers belong to later versions.
    if (!header || header.startsWith('m')) deliver(content, {});
  };

  const link = createLink(constructor, settings, environment, {
    handshake(credentials) {
      const protocols = [settings.protocols ?? [], credentials?.protocols ?? []].flat();
      const queries = [settings.query, credentials?.query, resumed];
      for (const each of extended) queries.push(each.query?.());
      return {
        url: addressOf(settings.url, path, queries),
        protocols: framing ? framing.offers(protocols) : protocols,
        headers: credentials?.headers,
      };
    },
    open(socket) {
      spoken = framing?.isSpoken(socket.protocol) ? framing : undefined;
      outbox.open(socket, spoken);
    },
    accepted() {
      outbox.accepted();
      opened.resolve();
    },
    message: receive,
    lost(isRefused) {
      outbox.lost(isRefused);
      for (const each of extended) each.lost?.();
    },
    state: (state) => emit('state', state),
    error: emitError,
    ended(closed) {
      const error = new ConnectionClosed(closed);
      outbox.end();
      inbox.end(/^(done|aborted)$/.test(closed.kind) ? undefined : error);
      opened.reject(error);
    },
    close(how) {
      emit('close', how);
      if (link.state() === 'closed') end();
    },
  });

  const iterator = {
    next: inbox.next,
    return: () => Promise.resolve({ value: undefined, done: true }),
    [Symbol.asyncIterator]: () => iterator,
  };

  const call = (): never => {
    throw new TypeError('Calls need createClient({ use: [calls()] }), and no headers: false.');
  };

  const connection = {
    get state() {
      return link.state();
    },
    opened: opened.promise,
    closed: link.closed,
    get queued() {
      return outbox.queued();
    },
    get bufferedAmount() {
      return link.socket()?.bufferedAmount ?? 0;
    },
    get protocol() {
      const protocol = link.socket()?.protocol ?? '';
      return framing ? framing.ownPart(protocol) : protocol;
    },
    get isHeaded() {
      return !!spoken;
    },
    on,
    send: (message: unknown, options?: { signal?: AbortSignal; queue?: boolean }) =>
      outbox.post(message, '', options).sent,
    call: async () => call(),
    stream: call,
    reconnect: link.reconnect,
    close(code = 1000, reason = ''): void {
      const isOwn = code === 1000 || (code >= 3000 && code <= 4999);
      if (!isOwn || new TextEncoder().encode(reason).length > MAX_REASON)
        throw new RangeError(
          `close() takes 1000 or 3000–4999, and a reason of ${MAX_REASON} bytes.`,
        );
      link.close('done', code, reason);
    },
    [Symbol.asyncIterator]() {
      isIterated = true;
      return iterator;
    },
    async [Symbol.asyncDispose]() {
      connection.close();
      await link.closed;
    },
  };
  for (const { members } of extended) Object.assign(connection, members);
  link.start();
  return connection;
}
