import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Writable, type Duplex } from 'node:stream';
import { assignSocket, detachSocket } from './response.sink.js';
import { UnsupportedRuntimeException } from '../revali-ws.exceptions.js';

/** Where Node keeps, on a socket, the response that may write to it. */
const OWNER = '_httpMessage';
/** What Node calls on a response when its queue of bytes has changed. */
const PENDING_DATA = '_onPendingData';

/** The response to an earlier request that the socket still belongs to. Nobody else may write to it before its end. */
export function earlierResponseOn(socket: Duplex): ServerResponse | undefined {
  const owner: unknown = Reflect.get(socket, OWNER);
  return owner instanceof ServerResponse ? owner : undefined;
}

/**
 * Lets a response go on that waits until its socket has drained. Node has stopped listening for that, but its own
 * function looks again whenever bytes are queued.
 */
export function passDrain(response: ServerResponse): void {
  const onPendingData: unknown = Reflect.get(response, PENDING_DATA);
  if (typeof onPendingData === 'function') Reflect.apply(onPendingData, response, [0]);
  else if (response.writableNeedDrain) response.emit('drain');
}

/**
 * Without the mark that this looks for, an upgrade could be answered in the middle of another response.
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

/** While it has the socket, and no longer. */
function marksItsSocket(response: ServerResponse, stream: Writable): boolean {
  const methods: Partial<Record<'assignSocket' | 'detachSocket', unknown>> = response;
  if (!methods.assignSocket || !methods.detachSocket) return false;
  assignSocket(response, stream);
  if (Reflect.get(stream, OWNER) !== response) return false;
  detachSocket(response, stream);
  return Reflect.get(stream, OWNER) !== response;
}

/**
 * The requests that came before the responses to earlier requests of their sockets had ended. Node alone knows them,
 * and forgets to abort them where the last request of the socket is an upgrade.
 */
export class PipelinedRequests {
  private readonly waiting = new WeakMap<Duplex, Set<ServerResponse>>();

  /** Takes what came with a server's event `request`. */
  note([, response]: readonly unknown[]): void {
    // Each response has its socket, unless it has to wait for that.
    if (!isResponse(response) || response.socket !== null) return;
    const { socket } = response.req;
    const responses = this.waiting.get(socket) ?? new Set();
    this.waiting.set(socket, responses.add(response));
    response.once('close', () => {
      responses.delete(response);
      if (responses.size === 0) this.waiting.delete(socket);
    });
  }

  /** The responses to them that are not closed. */
  of(socket: Duplex): readonly ServerResponse[] {
    return [...(this.waiting.get(socket) ?? [])];
  }
}

/** Those of HTTP/2 are of another class, and have no order to keep. */
function isResponse(value: unknown): value is ServerResponse {
  return value instanceof ServerResponse;
}
