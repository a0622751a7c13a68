import { SpanStatusCode, type Exception, type Span } from '@opentelemetry/api';
import { CloseCode } from '../close/close.code.js';
import { messageOf, stackOf } from '../log/error.text.js';
import { answerOf } from '../message/error.policy.js';
import type { ConnectionOutcome } from '../observers/web-socket.observer.js';

/** HTTP status of a handshake that became a connection. */
const SWITCHING_PROTOCOLS = 101;

/** Records how a connection ended. Errors are those of the server and the network, not of the client. */
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

/** Records what a handler, pipe, or interceptor threw. A client's mistake is an event of the span, not an error. */
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

/** A thrown value that is not an error may be anything, even a payload. */
function exceptionOf(thrown: unknown): Exception & { name: string } {
  if (!(thrown instanceof Error)) {
    return { name: typeof thrown, message: 'Something that is not an Error was thrown' };
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
