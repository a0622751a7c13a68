import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Signs that the peer is alive, to compare with an earlier check. */
export interface LifeSigns {
  /** Bytes received, without unsolicited pongs. */
  readonly heard: number;
  /** Bytes that the network took. */
  readonly taken: number;
  /** Whether bytes wait in this process to be taken: a ping waits behind them. */
  readonly isWaiting: boolean;
}

/** What Node's handle of a TCP connection reveals about its queue. Undocumented. */
interface WriteQueue {
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
}

/** Bytes received; 0 if the stream does not say. */
export function bytesReadOn(stream: Duplex): number {
  return stream instanceof Socket ? stream.bytesRead : 0;
}

/** Bytes that the network took. It also grows while a peer reads one large message. */
export function bytesTakenOn(stream: Duplex): number {
  const queue = writeQueueOf(stream);
  if (queue) return queue.bytesWritten - queue.writeQueueSize;
  // Coarser: counts a write only when all of it was taken.
  return stream instanceof Socket ? stream.bytesWritten - stream.writableLength : 0;
}

/** Whether the network has not taken everything that was written. */
export function hasBytesWaitingOn(stream: Duplex): boolean {
  const queue = writeQueueOf(stream);
  return queue ? queue.writeQueueSize > 0 : stream.writableLength > 0;
}

/** With TLS, the queue of the underlying connection. */
function writeQueueOf(stream: Duplex): WriteQueue | undefined {
  let handle: unknown = Reflect.get(stream, '_handle');
  for (let below = parentOf(handle); below !== undefined; below = parentOf(handle)) handle = below;
  return isWriteQueue(handle) ? handle : undefined;
}

function parentOf(handle: unknown): object | undefined {
  if (typeof handle !== 'object' || handle === null || !('_parent' in handle)) return undefined;
  const { _parent: parent } = handle;
  return typeof parent === 'object' && parent !== null ? parent : undefined;
}

function isWriteQueue(handle: unknown): handle is WriteQueue {
  return (
    typeof handle === 'object' &&
    handle !== null &&
    'bytesWritten' in handle &&
    typeof handle.bytesWritten === 'number' &&
    'writeQueueSize' in handle &&
    typeof handle.writeQueueSize === 'number'
  );
}
