import type { IncomingHttpHeaders } from 'node:http';
import { parse, type ParsedUrlQuery } from 'node:querystring';
import { BareRecord } from '../values/bare.record.js';

/**
 * The handshake under the names that code for socket.io's gateways looks for. What a route needs is in
 * `connection.request`, with all that middleware and guards have added.
 */
export interface ConnectionHandshake {
  /** By lower-case name. */
  readonly headers: IncomingHttpHeaders;
  /** Of the URL, whatever parser the platform has: texts, and a list where a name comes more than once. */
  readonly query: ParsedUrlQuery;
  /** Always empty, and frozen. No client can send this part of socket.io's protocol here, and no code can fill it. */
  readonly auth: Readonly<Record<string, undefined>>;
}

const NO_AUTH: ConnectionHandshake['auth'] = Object.freeze(new BareRecord<undefined>());

/** What is read of the request. */
interface ReadRequest {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** Reads the request when it is asked. */
export class RequestHandshake implements ConnectionHandshake {
  readonly auth = NO_AUTH;
  private lazyQuery: ParsedUrlQuery | undefined;

  constructor(private readonly request: ReadRequest) {}

  get headers(): IncomingHttpHeaders {
    return this.request.headers;
  }

  get query(): ParsedUrlQuery {
    return (this.lazyQuery ??= queryOf(this.request.url));
  }
}

/** Without a limit of names: a URL is as long as Node's limit of a request's head lets it be. */
function queryOf(url: string): ParsedUrlQuery {
  const start = url.indexOf('?');
  return start === -1 ? parse('') : parse(url.slice(start + 1), '&', '=', { maxKeys: 0 });
}
