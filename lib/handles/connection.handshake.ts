import type { IncomingHttpHeaders } from 'node:http';
import { parse, type ParsedUrlQuery } from 'node:querystring';
import { BareRecord } from '../values/bare.record.js';

/**
 * The handshake under the names that code for socket.io gateways expects. Routes should use `connection.request`, which
 * includes everything that middleware and guards have added.
 */
export interface ConnectionHandshake {
  /** Keyed by lower-case name. */
  readonly headers: IncomingHttpHeaders;
  /** The URL's query, whatever parser the platform uses: strings, and an array if a name is repeated. */
  readonly query: ParsedUrlQuery;
  /** Always empty, and frozen. Clients cannot send this part of socket.io's protocol here, and no code can fill it. */
  readonly auth: Readonly<Record<string, undefined>>;
}

const NO_AUTH: ConnectionHandshake['auth'] = Object.freeze(new BareRecord<undefined>());

/** The parts of the request that are read. */
interface ReadRequest {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** Reads the request on access. */
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

/** No limit on names: Node's limit on request heads already bounds the URL. */
function queryOf(url: string): ParsedUrlQuery {
  const start = url.indexOf('?');
  return start === -1 ? parse('') : parse(url.slice(start + 1), '&', '=', { maxKeys: 0 });
}
