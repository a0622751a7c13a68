import type { IncomingMessage } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import { WebSocket, type ClientOptions } from 'ws';
import { headedOffers } from '../options/call.protocol.js';
import { RESUME_PARAMETER, writeResume } from '../rooms/resume.request.js';
import { watchFor } from './contract.source.js';
import { handled, within } from './deadline.js';
import {
  http2TargetOf,
  targetOf,
  type ServerTarget,
  type TestedApplication,
} from './server.target.js';
import { TestWebSocket } from './test-web-socket.js';
import {
  DeadlineExceededException,
  HandshakeFailedException,
  HandshakeRefusedException,
} from './testing.exceptions.js';

/** Options of {@link connect}. */
export interface ConnectOptions {
  /** Headers of the upgrade request: `cookie`, `authorization`, `origin`, a version header, … */
  readonly headers?: Readonly<Record<string, string>>;
  /** Subprotocols in order of preference. */
  readonly protocols?: string | readonly string[];
  /**
   * Speaks `revali.v1` with rooms, in combination with any subprotocol. `true` to start; an earlier client or its
   * positions to resume from there.
   */
  readonly resume?: true | TestWebSocket | Readonly<Record<string, string>>;
  /** Added to the path's own query; an array repeats the parameter. */
  readonly query?: Readonly<Record<string, QueryValue | readonly QueryValue[]>>;
  /**
   * How long the handshake, and later each wait on the socket, may take, in ms.
   *
   * @default 2000
   */
  readonly timeout?: number;
  /**
   * Opens the WebSocket inside a connection of HTTP/2 (RFC 8441): `true` for one of its own, or an open session for
   * several WebSockets in one. The application needs an HTTP/2 server, on Fastify.
   *
   * @default false
   */
  readonly http2?: boolean | ClientHttp2Session;
  /**
   * Whether the test fails on a message in either direction, a close code, or a refusal that the application's AsyncAPI
   * document does not list. Needs `nestjs-revali-ws-asyncapi`.
   *
   * @default false
   */
  readonly contract?: boolean;
}

/** One value of a query parameter. */
export type QueryValue = string | number | boolean;

const DEFAULT_TIMEOUT = 2_000;

/**
 * Connects a real `ws` client to a Nest application: without a port after `app.init()`, through its port after
 * `app.listen()`. Either way, the request goes through Node's own HTTP parser and the whole pipeline behind it.
 *
 * @param path The path as a client writes it, with the global prefix and version.
 * @throws HandshakeRefusedException with status, headers, and body of an HTTP response other than 101 (over HTTP/2:
 * 200).
 * @throws HandshakeFailedException if the server hung up, or the application is closed (`ECONNREFUSED`).
 * @throws DeadlineExceededException if no answer came in time.
 * @throws ContractViolationException with `contract`, if the document does not list the refusal or the path.
 * @throws NoContractException with `contract`, if `nestjs-revali-ws-asyncapi` is not installed.
 */
export function connect(
  app: TestedApplication,
  path: string,
  options: ConnectOptions = {},
): Promise<TestWebSocket> {
  return handled(dial(app, path, options));
}

async function dial(
  app: TestedApplication,
  path: string,
  options: ConnectOptions,
): Promise<TestWebSocket> {
  const { headers = {}, query, timeout = DEFAULT_TIMEOUT } = options;
  const { host, createConnection } = transportOf(app, options);
  const clientOptions: ClientOptions & { closeTimeout: number } = {
    headers: { ...headers },
    createConnection,
    // Nothing of the client outlives the last wait for it.
    closeTimeout: timeout,
  };
  const url = urlOf(host, path, { ...query, ...positionsIn(options) });
  const contract = options.contract ? await watchFor(app, url.pathname) : undefined;
  const socket = new WebSocket(url, offeredBy(options), clientOptions);
  const client = new TestWebSocket(socket, path, timeout, contract);
  const late = (): Error =>
    new DeadlineExceededException(path, 'the answer to the handshake', timeout, 'nothing');
  try {
    await within(handshake(socket, path), timeout, late);
    contract?.opened();
    return client;
  } catch (error) {
    await client.terminate();
    if (contract && error instanceof HandshakeRefusedException) throw contract.failureOf(error);
    throw error;
  }
}

/** @throws Error if the application's server does not speak the protocol. */
function transportOf(app: TestedApplication, { http2 = false }: ConnectOptions): ServerTarget {
  if (http2 === false) return targetOf(app);
  return http2TargetOf(app, http2 === true ? undefined : http2);
}

function offeredBy({ protocols = [], resume }: ConnectOptions): string[] {
  const offered = typeof protocols === 'string' ? [protocols] : [...protocols];
  return resume === undefined ? offered : headedOffers(offered);
}

/** The positions as a query parameter. */
function positionsIn({ resume }: ConnectOptions): ConnectOptions['query'] {
  if (resume === undefined || resume === true) return {};
  const positions = resume instanceof TestWebSocket ? resume.positions : resume;
  const wanted = writeResume(Object.entries(positions));
  return wanted === '' ? {} : { [RESUME_PARAMETER]: wanted };
}

function urlOf(host: string, path: string, query: NonNullable<ConnectOptions['query']>): URL {
  const url = new URL(`ws://${host}${path.startsWith('/') ? '' : '/'}${path}`);
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      url.searchParams.append(name, String(item));
    }
  }
  return url;
}

function handshake(socket: WebSocket, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', (error) => reject(new HandshakeFailedException(path, error)));
    socket.once('unexpected-response', (_request, response) => {
      refusalOf(path, response).then(reject, (error: Error) =>
        reject(new HandshakeFailedException(path, error)),
      );
    });
  });
}

async function refusalOf(
  path: string,
  response: IncomingMessage,
): Promise<HandshakeRefusedException> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  const { statusCode = 0, headers } = response;
  return new HandshakeRefusedException(
    path,
    statusCode,
    headers,
    bodyOf(text, headers['content-type']),
  );
}

/** Parses by the response's Content-Type; a text that only looks like JSON stays a text. */
function bodyOf(text: string, contentType = ''): unknown {
  if (!/[/+]json\b/i.test(contentType)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
