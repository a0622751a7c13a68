import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { PlatformRequest } from './http.platform.js';

/** The parts of Fastify's request that are used. */
export interface FastifyRequest extends PlatformRequest {
  readonly raw: IncomingMessage;
  readonly hostname: string;
  readonly host?: string;
  readonly protocol: string;
  readonly is404: boolean;
  readonly routeOptions?: { readonly config?: object };
}

export interface FastifyReply {
  header(name: string, value: string): unknown;
  getHeaders(): OutgoingHttpHeaders;
  removeHeader(name: string): unknown;
  code(status: number): FastifyReply;
  send(payload?: unknown): unknown;
  hijack(): unknown;
}

/** A route during registration; `@fastify/websocket` adds the last two. */
export interface FastifyRoute {
  readonly method?: string | readonly string[];
  readonly url: string;
  readonly constraints?: Readonly<Record<string, unknown>>;
  config?: object;
  readonly websocket?: unknown;
  readonly wsHandler?: unknown;
}

export type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** In callback form, a hook with nothing to wait for costs no turn of the event loop. */
export type CallbackHook = (
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
) => void;

interface ConstraintStrategy {
  readonly name: string;
  readonly mustMatchWhenDerived: boolean;
  readonly storage: () => object;
  readonly validate: (value: unknown) => void;
  readonly deriveConstraint: (request: IncomingMessage) => string | undefined;
}

interface RouterOptions {
  readonly caseSensitive?: boolean;
  readonly ignoreTrailingSlash?: boolean;
  readonly maxParamLength?: number;
  readonly useSemicolonDelimiter?: boolean;
}

export interface FastifyApplication {
  addConstraintStrategy(strategy: ConstraintStrategy): unknown;
  addHook(name: 'onRequest', hook: CallbackHook): unknown;
  addHook(name: 'preHandler', hook: Hook): unknown;
  addHook(name: 'onRoute', hook: (route: FastifyRoute) => void): unknown;
  ready(): PromiseLike<unknown>;
  readonly initialConfig: RouterOptions & { readonly routerOptions?: RouterOptions };
}
