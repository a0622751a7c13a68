import { BadRequestException } from '@nestjs/common';
import { inspect } from 'node:util';
import { isSendableCloseCode } from '../close/close.code.js';
import { assertText } from '../close/close.frame.js';
import { messageOf } from '../log/error.text.js';
import { Kin } from './kin.exception.js';

/** The place of an error in the application, such as `ChatController.join()`; without a method, the class. */
export interface FaultLocation {
  readonly controller: string;
  readonly method?: string;
}

/** The place as errors name it. */
export const at = (where: FaultLocation | string): string => {
  if (typeof where === 'string') return where;
  return where.method === undefined ? where.controller : `${where.controller}.${where.method}()`;
};

const show = (value: unknown): string =>
  inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 80 });

/** An option is unknown or has an invalid value. Thrown at startup. */
@Kin('InvalidWebSocketOptionException')
export class InvalidWebSocketOptionException extends Error {
  /** @internal */
  constructor(where: string, option: string, value: unknown, cure: string) {
    super(`${where}: the option "${option}" is ${show(value)}. ${cure}`);
    this.name = InvalidWebSocketOptionException.name;
  }
}

/**
 * A factory for `forRootAsync()` that creates no options, or creates them again for each request. Thrown at startup.
 */
export class InvalidOptionsFactoryException extends Error {
  /** @internal @param fault The fault and its fix. */
  constructor(fault: string) {
    super(`RevaliWsModule.forRootAsync(): ${fault}`);
    this.name = InvalidOptionsFactoryException.name;
  }
}

/** No request can tell two routes apart. Thrown at startup. */
@Kin('DuplicateWebSocketRouteException')
export class DuplicateWebSocketRouteException extends Error {
  /** @internal */
  constructor(path: string, first: FaultLocation, second: FaultLocation, isOne = false) {
    const cure = isOne
      ? 'Two of its paths, versions or hosts are one and the same: leave one of them out.'
      : at(first) === at(second)
        ? `${second.controller} may be among the controllers of two modules: list it in one of them, or give the modules paths of their own with RouterModule.`
        : 'Change one of the paths, or tell them apart by version or host.';
    super(`${at(second)} serves ${path}, which ${at(first)} serves already. ${cure}`);
    this.name = DuplicateWebSocketRouteException.name;
  }
}

/** Another WebSocket stack that uses the application's own server. */
export interface ForeignPath {
  /** The name as it appears in a sentence. */
  readonly name: string;
  readonly path: string;
  /** Whether it owns all paths with this prefix. */
  readonly isPrefix?: boolean;
  /** Whether it owns a path, if it serves patterns. */
  readonly takes?: (path: string) => boolean;
  readonly cure: string;
}

/** Another WebSocket stack on the same server serves the route's path. Thrown at startup. */
@Kin('WebSocketPathTakenException')
export class WebSocketPathTakenException extends Error {
  /** @internal */
  constructor(where: FaultLocation, path: string, foreign: ForeignPath) {
    const taken = foreign.isPrefix ? `everything under ${foreign.path}` : foreign.path;
    super(
      `${at(where)} serves ${path}, and ${foreign.name} serves ${taken} on the same server. ${foreign.cure}`,
    );
    this.name = WebSocketPathTakenException.name;
  }
}

/** No request can tell two gateways of one server apart. Thrown at startup. */
@Kin('DuplicateGatewayPathException')
export class DuplicateGatewayPathException extends Error {
  /** @internal */
  constructor(where: string, path: string) {
    super(
      `${where} serves ${path}, which another gateway of the same server serves already. ` +
        'Change one of the paths; to share one, write it identically in both.',
    );
    this.name = DuplicateGatewayPathException.name;
  }
}

/** A gateway has a namespace, which only socket.io supports. Thrown at startup. */
@Kin('UnsupportedNamespaceException')
export class UnsupportedNamespaceException extends Error {
  /** @internal */
  constructor(namespace: unknown) {
    super(
      `RevaliWsAdapter has no namespaces, and a gateway asks for ${show(namespace)}. ` +
        'Give the gateway a path, or use the IoAdapter of @nestjs/platform-socket.io.',
    );
    this.name = UnsupportedNamespaceException.name;
  }
}

/** `@WebSocket()` on a class that Nest does not route to. Thrown at startup. */
@Kin('WebSocketOutsideControllerException')
export class WebSocketOutsideControllerException extends Error {
  /** @internal */
  constructor(where: FaultLocation) {
    super(
      `${at(where)} has @WebSocket(), but ${where.controller} is not a controller. ` +
        'Add @Controller() to the class and list it under "controllers" of its module.',
    );
    this.name = WebSocketOutsideControllerException.name;
  }
}

/** path-to-regexp cannot parse the path. Thrown at startup. */
@Kin('InvalidWebSocketPathException')
export class InvalidWebSocketPathException extends Error {
  /** @internal */
  constructor(where: FaultLocation | string, path: string, cause: unknown) {
    super(
      `${at(where)}: the path ${show(path)} cannot be compiled (${cause instanceof Error ? cause.message : show(cause)}). ` +
        'Parameters are written ":id", wildcards "*rest", optional parts "{/:id}".',
      { cause },
    );
    this.name = InvalidWebSocketPathException.name;
  }
}

/** `RevaliWsModule.forRoot()` was imported more than once, even with equal options. Thrown at startup. */
@Kin('DuplicateRevaliWsModuleException')
export class DuplicateRevaliWsModuleException extends Error {
  /** @internal */
  constructor() {
    super(
      'RevaliWsModule.forRoot() is imported more than once. ' +
        'Import it in the root module only: its providers are global.',
    );
    this.name = DuplicateRevaliWsModuleException.name;
  }
}

/** The HTTP platform is neither Express nor Fastify. Thrown at startup. */
@Kin('UnsupportedHttpAdapterException')
export class UnsupportedHttpAdapterException extends Error {
  /** @internal */
  constructor(type: string) {
    super(
      `nestjs-revali-ws cannot attach to the HTTP adapter "${type}". ` +
        'Use @nestjs/platform-express or @nestjs/platform-fastify.',
    );
    this.name = UnsupportedHttpAdapterException.name;
  }
}

/** A part of Nest that guards depend on is missing. Thrown at startup. */
@Kin('UnsupportedNestVersionException')
export class UnsupportedNestVersionException extends Error {
  /** @internal */
  constructor(part: string) {
    super(
      `nestjs-revali-ws does not find ${part} in this version of @nestjs/core, and would run without middleware. ` +
        'Use @nestjs/core 11 or 12, or a newer version of nestjs-revali-ws.',
    );
    this.name = UnsupportedNestVersionException.name;
  }
}

/** The runtime lacks a feature that the package relies on. Thrown at startup. */
export class UnsupportedRuntimeException extends Error {
  /** @internal */
  constructor(part: string, consequence: string) {
    super(
      `nestjs-revali-ws cannot find out ${part} on this runtime (${process.release.name} ${process.version}), and ${consequence}. ` +
        'Use a version of Node that docs/compatibility.md names, or a newer version of nestjs-revali-ws.',
    );
    this.name = UnsupportedRuntimeException.name;
  }
}

/** A close code that must not be sent (RFC 6455 section 7.4). The connection stays open. */
@Kin('InvalidCloseCodeException')
export class InvalidCloseCodeException extends RangeError {
  /** @internal */
  constructor(code: unknown) {
    super(`The close code ${show(code)} cannot be sent. Use 1000-1003, 1007-1014 or 3000-4999.`);
    this.name = InvalidCloseCodeException.name;
  }
}

/** `CloseWebSocket` or a similar class was used in a class that no WebSocket connection created. */
@Kin('NoConnectionException')
export class NoConnectionException extends Error {
  /** @internal */
  constructor(what: string) {
    super(
      `${what} was used outside a WebSocket connection. Inject it where a @WebSocket() route is handled.`,
    );
    this.name = NoConnectionException.name;
  }
}

/**
 * A message that cannot be decoded: invalid JSON, invalid UTF-8, or keys that pollute prototypes. An `HttpException`
 * with status 400, so filters for bad requests catch it; if uncaught, the client sees close code 1007
 * `Invalid payload`, or the reply `{"error":{"statusCode":400,"message":"Invalid payload"}}`.
 */
@Kin('InvalidPayloadException')
export class InvalidPayloadException extends BadRequestException {
  /**
   * For the application's own decoders and pipes.
   *
   * @param cause What was thrown; for exception filters, never sent.
   */
  constructor(cause?: unknown) {
    super({ statusCode: 400, message: 'Invalid payload' }, { cause });
    this.name = InvalidPayloadException.name;
    this.message = 'Invalid payload';
  }
}

/** A handler returned or sent a value that cannot be encoded. The client sees close code 1011. */
@Kin('UnserializableMessageException')
export class UnserializableMessageException extends Error {
  /** @internal Whether the client has been told. */
  isAnswered = false;

  /** @internal */
  constructor(cause: unknown) {
    super(`A message cannot be serialized: ${messageOf(cause)}`, { cause });
    this.name = UnserializableMessageException.name;
  }
}

/**
 * Throw it in a handler, pipe, or interceptor to close the connection with exactly this code and reason, whatever the
 * route's `errors` option says.
 */
@Kin('CloseWebSocketException')
export class CloseWebSocketException extends Error {
  /**
   * @param code 1000-1003, 1007-1014 or 3000-4999.
   * @param reason Cut to 123 UTF-8 bytes (RFC 6455 section 5.5).
   * @throws InvalidCloseCodeException for any other code.
   * @throws TypeError if the reason is not a string.
   */
  constructor(
    readonly code: number = 1000,
    readonly reason: string = 'Closed by the server',
  ) {
    assertText(reason);
    super(`The connection is closed with ${code} ${reason}`);
    this.name = CloseWebSocketException.name;
    if (!isSendableCloseCode(code)) throw new InvalidCloseCodeException(code);
  }
}

export function isCloseWebSocketException(error: unknown): error is CloseWebSocketException {
  return error instanceof CloseWebSocketException;
}

/** A handler parameter that is meaningless for messages. Thrown at startup. */
@Kin('UnsupportedParameterException')
export class UnsupportedParameterException extends Error {
  /** @internal */
  constructor(where: FaultLocation, decorator: string) {
    super(
      `${at(where)} uses ${decorator}, but a message has no HTTP response. ` +
        'Return a value, or use AsyncWebSocketSender and CloseWebSocket; set headers in a guard or middleware.',
    );
    this.name = UnsupportedParameterException.name;
  }
}

/** The installed `ws` lacks a feature that limits and heartbeats rely on. Thrown at startup. */
@Kin('UnsupportedWsVersionException')
export class UnsupportedWsVersionException extends Error {
  /** @internal */
  constructor(part: string) {
    super(
      `The installed version of ws has no ${part}, without which limits would be off. ` +
        (process.versions.bun === undefined
          ? 'Install the version of ws that nestjs-revali-ws depends on.'
          : 'Bun puts an implementation of its own in its place: run the application on Node or Deno.'),
    );
    this.name = UnsupportedWsVersionException.name;
  }
}
