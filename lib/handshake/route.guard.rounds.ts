import type { ServerResponse } from 'node:http';
import type { Connection } from '../connection/connection.js';
import { GuardRounds, type RoundsRule } from '../connection/guard.rounds.js';
import { stackOf } from '../log/error.text.js';
import type { ThrottledLog } from '../log/throttled.log.js';
import type { Enhancers, GuardedHandler } from '../nest/enhancers.js';
import type { HandlerArgs } from '../nest/handshake.exceptions.js';
import type { PlatformRequest } from '../platforms/http.platform.js';
import { guardRefusalOf } from './guard.refusal.js';

/** The request and the response of a finished handshake, as its guards had them. */
export interface PastHandshake {
  readonly request: PlatformRequest;
  /** The platform's response. */
  readonly response: object;
  readonly rawResponse: ServerResponse;
}

/** Runs the guards of a route's open connections repeatedly. */
export class RouteGuardRounds {
  private readonly rule: RoundsRule;

  /** @param log Receives errors of guards that are not refusals. */
  constructor(
    { every, timeout }: Pick<RoundsRule, 'every' | 'timeout'>,
    private readonly where: string,
    private readonly enhancers: Enhancers,
    private readonly log: ThrottledLog,
  ) {
    this.rule = { every, timeout, refusalOf: (error) => this.refusalOf(error) };
  }

  /** Runs until the connection ends. */
  begin(
    connection: Connection,
    bound: GuardedHandler,
    { request, response, rawResponse }: PastHandshake,
  ): void {
    if (bound.guards.length === 0 || !connection.isOpen) return;
    closeToWriters(rawResponse);
    const args: HandlerArgs = [request, response, () => undefined];
    const rounds = new GuardRounds(connection, () => this.enhancers.pass(bound, args), this.rule);
    connection.hold(() => rounds.release());
  }

  private refusalOf(error: unknown): ReturnType<RoundsRule['refusalOf']> {
    const { frame, isFault } = guardRefusalOf(error);
    if (isFault) this.log.add(() => `A guard of ${this.where} failed: ${stackOf(error)}`);
    return frame;
  }
}

const WRITERS = [
  'appendHeader',
  'end',
  'flushHeaders',
  'removeHeader',
  'setHeader',
  'setHeaders',
  'write',
  'writeHead',
] as const;

/**
 * The response has been sent: a guard that sets a header, such as one for rate limits, would throw, and one that
 * answers would end the process.
 */
function closeToWriters(response: ServerResponse): void {
  for (const name of WRITERS)
    Object.defineProperty(response, name, { configurable: true, value: () => response });
}
