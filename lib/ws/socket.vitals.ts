import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What shows that somebody is there, to be compared with an earlier look. */
export interface LifeSigns {
  /** Bytes that came, without pongs that nobody asked for. */
  readonly heard: number;
  /** Bytes that the network took. */
  readonly taken: number;
  /** Whether bytes wait in this process to be taken: a ping waits behind them. */
  readonly isWaiting: boolean;
}

/** What Node's handle of a TCP connection tells of its queue. Undocumented. */
interface WriteQueue {
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
}

/** Bytes that came in; 0 where the stream does not say. */
export function bytesReadOn(stream: Duplex): number {
  return stream instanceof Socket ? stream.bytesRead : 0;
}

/** Bytes that the network took. It grows while a peer reads one large message, too. */
export function bytesTakenOn(stream: Duplex): number {
  const queue = writeQueueOf(stream);
  if (queue) return queue.bytesWritten - queue.writeQueueSize;
  // Coarser: counts a write when all of it was taken.
  return stream instanceof Socket ? stream.bytesWritten - stream.writableLength : 0;
}

/** Whether something written was not yet taken by the network. */
export function hasBytesWaitingOn(stream: Duplex): boolean {
  const queue = writeQueueOf(stream);
  return queue ? queue.writeQueueSize > 0 : stream.writableLength > 0;
}

/** That of the connection below where TLS is in between. */
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
