import { HttpException, InternalServerErrorException, type Logger } from '@nestjs/common';
import {
  STATUS_CODES,
  validateHeaderName,
  validateHeaderValue,
  type IncomingMessage,
} from 'node:http';
import { offeredProtocols, type Refusal } from '../upgrade/upgrade.request.js';
import { isThenable } from '../values/thenable.js';
import type { GatewayOptions } from './gateway.options.js';

/** A gateway's own answer to an upgrade. */
export interface GatewayAnswer {
  readonly refusal?: Refusal;
  /** The chosen subprotocol. */
  readonly protocol?: string | undefined;
}

/** The arguments that `verifyClient` passes to its callback: whether the client may connect, and how it is refused. */
type VerifyAnswer = readonly unknown[];
type VerifyClient = NonNullable<GatewayOptions['verifyClient']>;

const UNAUTHORIZED = 401;
/** Headers that the answer sets itself. */
const OWN_HEADERS = new Set(['connection', 'content-length', 'content-type', 'transfer-encoding']);

/**
 * Calls a gateway's `verifyClient` and `handleProtocols` as `ws` does, and handles anything they do: an exception is a
 * 500, the first answer counts, a promise is awaited, and only `true` lets a client in.
 */
export class GatewayVerdict {
  constructor(
    private readonly own: Pick<GatewayOptions, 'verifyClient' | 'handleProtocols'>,
    private readonly logger: Pick<Logger, 'error'>,
  ) {}

  /** Never throws. A promise never rejects, but may never settle. */
  of(request: IncomingMessage): GatewayAnswer | Promise<GatewayAnswer> {
    const verified = this.guard(() => this.verify(request));
    return verified instanceof Promise
      ? verified.then((answer) => (answer.refusal ? answer : this.choose(request)))
      : verified.refusal
        ? verified
        : this.choose(request);
  }

  private choose(request: IncomingMessage): GatewayAnswer | Promise<GatewayAnswer> {
    return this.guard(() => this.negotiate(request));
  }

  private verify(request: IncomingMessage): GatewayAnswer | PromiseLike<GatewayAnswer> {
    const { verifyClient } = this.own;
    if (!verifyClient) return {};
    const info = infoOf(request);
    if (verifyClient.length === 2) return this.askForCallback(verifyClient, info);
    const answer: unknown = Reflect.apply(verifyClient, undefined, [info]);
    return isThenable(answer)
      ? answer.then((settled) => readVerdict([settled]))
      : readVerdict([answer]);
  }

  private askForCallback(
    verifyClient: VerifyClient,
    info: object,
  ): GatewayAnswer | PromiseLike<GatewayAnswer> {
    let first: VerifyAnswer | undefined;
    let settle: (answer: VerifyAnswer) => void = () => undefined;
    let fail: (error: unknown) => void = () => undefined;
    const later = new Promise<VerifyAnswer>((resolve, reject) => {
      settle = resolve;
      fail = reject;
    }).then(readVerdict);
    const callback = (...answer: unknown[]): void => settle((first ??= answer));
    // After an answer, an exception has no effect.
    const onError = (error: unknown): void => (first ? this.logger.error(error) : fail(error));
    try {
      const returned: unknown = Reflect.apply(verifyClient, undefined, [info, callback]);
      if (isThenable(returned)) returned.then(undefined, onError);
    } catch (error) {
      onError(error);
    }
    if (!first) return later;
    later.catch(() => undefined);
    return readVerdict(first);
  }

  private negotiate(request: IncomingMessage): GatewayAnswer | PromiseLike<GatewayAnswer> {
    const { handleProtocols } = this.own;
    const offered = offeredProtocols(request);
    if (!handleProtocols || offered.length === 0) return {};
    const chosen: unknown = Reflect.apply(handleProtocols, undefined, [new Set(offered), request]);
    return isThenable(chosen)
      ? chosen.then((settled) => readProtocol(settled, offered))
      : readProtocol(chosen, offered);
  }

  private guard(
    ask: () => GatewayAnswer | PromiseLike<GatewayAnswer>,
  ): GatewayAnswer | Promise<GatewayAnswer> {
    const onFault = (error: unknown): GatewayAnswer => {
      this.logger.error(error);
      return { refusal: { exception: new InternalServerErrorException() } };
    };
    try {
      const answer = ask();
      return isThenable(answer) ? Promise.resolve(answer).catch(onFault) : answer;
    } catch (error) {
      return onFault(error);
    }
  }
}

/** @throws TypeError if the answer is neither yes nor no, so that nobody is let in by mistake. */
function readVerdict([verified, code, message, headers]: VerifyAnswer): GatewayAnswer {
  if (verified === true) return {};
  if (verified instanceof Error) throw verified;
  if (verified)
    throw new TypeError(`verifyClient answered with a ${typeof verified}, not true or false`);
  const status = isRefusalStatus(code) ? code : UNAUTHORIZED;
  const text = typeof message === 'string' && message !== '' ? message : STATUS_CODES[status];
  const exception = new HttpException({ statusCode: status, message: text }, status);
  return { refusal: { exception, headers: readHeaders(headers) } };
}

function isRefusalStatus(code: unknown): code is number {
  return typeof code === 'number' && Number.isInteger(code) && code >= 300 && code <= 599;
}

/** @throws Node's error for a header that cannot be sent. */
function readHeaders(headers: unknown): Record<string, string> {
  const read: Record<string, string> = {};
  if (typeof headers !== 'object' || headers === null) return read;
  for (const [name, value] of Object.entries(headers)) {
    if (OWN_HEADERS.has(name.toLowerCase()) || value === undefined) continue;
    const text = Array.isArray(value) ? value.join(', ') : String(value);
    validateHeaderName(name);
    validateHeaderValue(name, text);
    read[name] = text;
  }
  return read;
}

/**
 * @throws TypeError if it is not a name. A name that the client did not offer counts as none (RFC 6455 section 4.2.2).
 */
function readProtocol(chosen: unknown, offered: readonly string[]): GatewayAnswer {
  if (!chosen) return {};
  if (typeof chosen !== 'string')
    throw new TypeError(`handleProtocols answered with a ${typeof chosen}, not a name or false`);
  return offered.includes(chosen) ? { protocol: chosen } : {};
}

/** The first argument of `verifyClient`, as in `ws`. */
function infoOf(request: IncomingMessage): object {
  const { socket, headers } = request;
  const secure =
    Reflect.get(socket, 'authorized') === true || Reflect.get(socket, 'encrypted') === true;
  return { origin: headers.origin, secure, req: request };
}
