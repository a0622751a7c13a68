import { STATUS_CODES, type IncomingHttpHeaders } from 'node:http';
import { inspect } from 'node:util';
import { Kin } from '../errors/kin.exception.js';

/** The server answered the upgrade request with an HTTP response other than 101. */
@Kin('HandshakeRefusedException')
export class HandshakeRefusedException extends Error {
  /** @internal */
  constructor(
    path: string,
    /** HTTP status. */
    readonly status: number,
    /** Headers of the response. */
    readonly headers: IncomingHttpHeaders,
    /** Body of the response: parsed if it is JSON, else the text. */
    readonly body: unknown,
  ) {
    const phrase = STATUS_CODES[status];
    const shown = inspect(body, { breakLength: Infinity, depth: 4, maxStringLength: 500 });
    super(
      `${path}: the handshake was refused with ${status}${phrase ? ` ${phrase}` : ''}: ${shown}`,
    );
    this.name = HandshakeRefusedException.name;
  }
}

/** The handshake got no valid answer: the server hung up, or answered with a 101 that violates RFC 6455. */
@Kin('HandshakeFailedException')
export class HandshakeFailedException extends Error {
  /** @internal */
  constructor(path: string, cause: Error) {
    super(`${path}: the handshake failed: ${cause.message}`, { cause });
    this.name = HandshakeFailedException.name;
  }
}

/** The awaited event did not come in time. The message says what came instead. */
@Kin('DeadlineExceededException')
export class DeadlineExceededException extends Error {
  /** @internal */
  constructor(path: string, awaited: string, timeout: number, instead: string) {
    super(`${path}: waited ${timeout} ms for ${awaited}. Arrived instead: ${instead}.`);
    this.name = DeadlineExceededException.name;
  }
}

/** The awaited event can no longer come. */
@Kin('ConnectionClosedException')
export class ConnectionClosedException extends Error {
  /** The code of the close frame; 1005 if it had none, 1006 if no frame came or none has come yet. */
  readonly code: number;
  /** The reason of the close frame. */
  readonly reason: string;

  /** @internal */
  constructor(
    path: string,
    awaited: string,
    closed: { readonly code: number; readonly reason: string } | undefined,
    instead: string,
  ) {
    super(`${path}: waited for ${awaited}. Arrived instead: ${instead}.`);
    this.name = ConnectionClosedException.name;
    this.code = closed?.code ?? 1006;
    this.reason = closed?.reason ?? '';
  }
}

/** A call failed. Its connection stays open. */
@Kin('CallFailedException')
export class CallFailedException extends Error {
  /** @internal */
  constructor(
    path: string,
    /** The server's error: `{ statusCode, message }`, or the answer of an exception filter. */
    readonly body: unknown,
  ) {
    const shown = inspect(body, { breakLength: Infinity, depth: 4, maxStringLength: 500 });
    super(`${path}: the call failed: ${shown}`);
    this.name = CallFailedException.name;
  }
}

/** The test made a call with a client that does not speak `revali.v1`. */
@Kin('CallsNotSpokenException')
export class CallsNotSpokenException extends Error {
  /** @internal */
  constructor(path: string, method: string, protocol: string) {
    super(
      `${path}: ${method} needs a client that speaks "revali.v1", and this one speaks ${spokenName(protocol)}. ` +
        'Connect with { protocols: "revali.v1" }.',
    );
    this.name = CallsNotSpokenException.name;
  }
}

/** The test asked for room notices from a client that does not speak `revali.v1`. */
@Kin('RoomsNotSpokenException')
export class RoomsNotSpokenException extends Error {
  /** @internal */
  constructor(path: string, what: string, protocol: string) {
    super(
      `${path}: ${what} needs a client that speaks "revali.v1", and this one speaks ${spokenName(protocol)}. ` +
        'Connect with { resume: true }.',
    );
    this.name = RoomsNotSpokenException.name;
  }
}

/** The next message is not of the kind that the test asked for. */
@Kin('UnexpectedMessageException')
export class UnexpectedMessageException extends Error {
  /** @internal */
  constructor(path: string, awaited: string, instead: string) {
    super(`${path}: waited for ${awaited}. Arrived instead: ${instead}.`);
    this.name = UnexpectedMessageException.name;
  }
}

/** With `{ contract: true }`: something went over the wire that the application's AsyncAPI document does not list. */
@Kin('ContractViolationException')
export class ContractViolationException extends Error {
  /** @internal */
  constructor(
    path: string,
    /** What it was, and which messages the document allows. */
    readonly difference: string,
  ) {
    super(`${path}: ${difference}`);
    this.name = ContractViolationException.name;
  }
}

/** `{ contract: true }` needs a document, and there is none. */
@Kin('NoContractException')
export class NoContractException extends Error {
  /** @internal */
  constructor(packageName: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(
      `connect() with { contract: true } needs the package "${packageName}", which cannot be loaded: ${why} ` +
        `Install it: npm install --save-dev ${packageName}`,
      { cause },
    );
    this.name = NoContractException.name;
  }
}

/** Tests cannot be defined, because no runner was found. */
@Kin('NoTestRunnerException')
export class NoTestRunnerException extends Error {
  /** @internal */
  constructor() {
    super(
      'brokerContract() finds no describe() and it() in globalThis. Call it in a test file of a runner that puts ' +
        'them there, or give them: brokerContract(createBroker, { describe, it }).',
    );
    this.name = NoTestRunnerException.name;
  }
}

const spokenName = (protocol: string): string =>
  protocol === '' ? 'no subprotocol' : `"${protocol}"`;
