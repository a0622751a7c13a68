import { SpanStatusCode, type Exception, type Span } from '@opentelemetry/api';
import { CloseCode } from '../close/close.code.js';
import { messageOf, stackOf } from '../log/error.text.js';
import { answerOf } from '../message/error.policy.js';
import type { ConnectionOutcome } from '../observers/web-socket.observer.js';

/** HTTP status of a handshake that became a connection. */
const SWITCHING_PROTOCOLS = 101;

/** How a connection ended. Faults of the server and of the network are errors, those of the client are not. */
export function recordOutcome(span: Span, outcome: ConnectionOutcome): void {
  const { kind, code, initiator, received, sent, error } = outcome;
  const status = outcome.status ?? (kind === 'closed' ? SWITCHING_PROTOCOLS : undefined);
  span.setAttributes({
    ...(status === undefined ? {} : { 'http.response.status_code': status }),
    ...(code === undefined ? {} : { 'websocket.close.code': code }),
    'websocket.close.initiator': initiator,
    'websocket.messages.received': received,
    'websocket.messages.sent': sent,
  });
  const type = faultOf(outcome);
  if (type === undefined) return;
  if (error !== undefined) span.recordException(exceptionOf(error));
  fail(span, type);
}

/** What a handler, pipe or interceptor threw; a client's fault is an event of the span, and no error. */
export function recordFailure(span: Span, error: unknown): void {
  const exception = exceptionOf(error);
  span.recordException(exception);
  if (answerOf(error, 'close').isFault) fail(span, exception.name);
}

function faultOf({ status, code, initiator }: ConnectionOutcome): string | undefined {
  const isFault =
    (status !== undefined && status >= 500) ||
    code === CloseCode.InternalError ||
    initiator === 'network';
  return isFault ? String(status ?? code) : undefined;
}

function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** A thrown value that is no error may be anything, a payload too. */
function exceptionOf(thrown: unknown): Exception & { name: string } {
  if (!(thrown instanceof Error)) {
    return { name: typeof thrown, message: 'Something that is no Error was thrown' };
  }
  return { name: nameOf(thrown), message: messageOf(thrown), stack: stackOf(thrown) };
}

function nameOf(error: Error): string {
  try {
    const name: unknown = error.name;
    return typeof name === 'string' ? name : 'Error';
  } catch {
    return 'Error';
  }
}
