import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Writable, type Duplex } from 'node:stream';
import { UnsupportedRuntimeException } from '../errors/revali-ws.exceptions.js';

/** The property of a socket in which Node keeps the response that may write to it. */
const OWNER = '_httpMessage';
/** The method of a response that Node calls when its queue of bytes has changed. */
const PENDING_DATA = '_onPendingData';

/** The response to an earlier request that still owns the socket. Nobody else may write to it before its end. */
export function earlierResponseOn(socket: Duplex): ServerResponse | undefined {
  const owner: unknown = Reflect.get(socket, OWNER);
  return owner instanceof ServerResponse ? owner : undefined;
}

/**
 * Resumes a response that waits until its socket has drained. Node no longer listens for that, but its own function
 * checks again whenever bytes are queued.
 */
export function passDrain(response: ServerResponse): void {
  const onPendingData: unknown = Reflect.get(response, PENDING_DATA);
  if (typeof onPendingData === 'function') Reflect.apply(onPendingData, response, [0]);
  else if (response.writableNeedDrain) response.emit('drain');
}

/**
 * Without the mark that this checks, an upgrade could be answered in the middle of another response.
 *
 * @throws UnsupportedRuntimeException
 */
export function assertEarlierResponsesAreSeen(): void {
  const stream = new Writable();
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  if (marksItsSocket(response, stream)) return;
  throw new UnsupportedRuntimeException(
    'which response a socket belongs to',
    'could answer an upgrade in the middle of another response',
  );
}

/** True while it has the socket, and no longer. */
function marksItsSocket(response: ServerResponse, stream: Writable): boolean {
  const methods: Partial<Record<'assignSocket' | 'detachSocket', unknown>> = response;
  if (!methods.assignSocket || !methods.detachSocket) return false;
  assignSocket(response, stream);
  if (Reflect.get(stream, OWNER) !== response) return false;
  detachSocket(response, stream);
  return Reflect.get(stream, OWNER) !== response;
}

/** Node types a response's socket as a TCP one, but accepts any stream, such as an in-process pair. */
interface StreamResponse {
  readonly socket: unknown;
  assignSocket(socket: Writable): void;
  detachSocket(socket: Writable): void;
}

export function assignSocket(response: StreamResponse, socket: Writable): void {
  response.assignSocket(socket);
}

export function detachSocket(response: StreamResponse, socket: Writable): void {
  if (response.socket === socket) response.detachSocket(socket);
}
