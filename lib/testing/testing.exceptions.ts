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
    /** Of the response. */
    readonly headers: IncomingHttpHeaders,
    /** Of the response: parsed where it is JSON, else the text. */
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

/** The handshake came to no proper answer: the server hung up, or answered with a 101 that breaks RFC 6455. */
@Kin('HandshakeFailedException')
export class HandshakeFailedException extends Error {
  /** @internal */
  constructor(path: string, cause: Error) {
    super(`${path}: the handshake failed: ${cause.message}`, { cause });
    this.name = HandshakeFailedException.name;
  }
}

/** What a test waited for did not come in time. The message says what was there instead. */
@Kin('DeadlineExceededException')
export class DeadlineExceededException extends Error {
  /** @internal */
  constructor(path: string, awaited: string, timeout: number, instead: string) {
    super(`${path}: waited ${timeout} ms for ${awaited}. Arrived instead: ${instead}.`);
    this.name = DeadlineExceededException.name;
  }
}

/** What a test waited for can no longer come. */
@Kin('ConnectionClosedException')
export class ConnectionClosedException extends Error {
  /** Of the close frame; 1005 where it had none, 1006 where none came or none has come yet. */
  readonly code: number;
  /** Of the close frame. */
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
    /** What the server says: `{ statusCode, message }`, or what an exception filter has answered. */
    readonly body: unknown,
  ) {
    const shown = inspect(body, { breakLength: Infinity, depth: 4, maxStringLength: 500 });
    super(`${path}: the call failed: ${shown}`);
    this.name = CallFailedException.name;
  }
}

/** A call was to be made by a client that does not speak `revali.v1`. */
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

/** What rooms tell was asked of a client that does not speak `revali.v1`. */
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

/** The next message is of another kind than the test asked for. */
@Kin('UnexpectedMessageException')
export class UnexpectedMessageException extends Error {
  /** @internal */
  constructor(path: string, awaited: string, instead: string) {
    super(`${path}: waited for ${awaited}. Arrived instead: ${instead}.`);
    this.name = UnexpectedMessageException.name;
  }
}

/** What went over the wire is nothing that the AsyncAPI document of the application names: `{ contract: true }`. */
@Kin('ContractViolationException')
export class ContractViolationException extends Error {
  /** @internal */
  constructor(
    path: string,
    /** What it was, and which messages the document would have allowed. */
    readonly difference: string,
  ) {
    super(`${path}: ${difference}`);
    this.name = ContractViolationException.name;
  }
}

/** `{ contract: true }` has no document to go by. */
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

/** Tests were to be defined where no runner can be found. */
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
