import zlib, { type ZlibOptions } from 'node:zlib';
import { contained, type FaultOwner } from '../errors/contained.js';
import { copyOf } from '../send/payload.js';
import { TurnShare } from '../values/turn.share.js';
import { deflateOf, independentOptionsOf, inflateOf, type Deflate } from './deflate.parts.js';

/** Up to this many bytes, zlib is done before a thread of it could be woken. */
const SHORT = 4 * 1024;
/** A short message may hide a long one: that one is inflated by a thread. */
const MAX_INFLATED = 16 * 1024;
/** Messages that are compressed and inflated in one turn of the event loop: about half a millisecond. */
const PER_TURN = 32;
/** The end of each message, which the wire omits (RFC 7692 section 7.2.2). */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);
/** Beyond a text's own bytes, for what cannot be compressed. */
const SPARE = 64;

/** For all connections, because all share the event loop. */
const turns = new TurnShare(PER_TURN);

/**
 * Compresses and inflates short messages in place, where they do not depend on earlier ones. `ws` hands each to a
 * thread, which takes four times as long for 1 KB, and keeps a stream of zlib for each connection.
 *
 * What does not succeed here is left to `ws`, which knows how to refuse it.
 */
export function handleShortMessages(socket: FaultOwner): void {
  compressInPlace(socket);
  inflateInPlace(socket);
}

function compressInPlace(socket: FaultOwner): void {
  const deflate = deflateOf(socket);
  const options = deflate && independentOptionsOf(deflate, 'server');
  if (!deflate || !options) return;
  const byWs = deflate.compress.bind(deflate);
  deflate.compress = inPlace(socket, byWs, (data) => compressedOf(data, options));
}

function inflateInPlace(socket: FaultOwner): void {
  const inflate = inflateOf(socket);
  const options = inflate && independentOptionsOf(inflate, 'client');
  if (!inflate || !options) return;
  const byWs = inflate.decompress.bind(inflate);
  inflate.decompress = inPlace(socket, byWs, (data) => inflatedOf(data, options));
}

/** @param attempt Returns `undefined` if `ws` must handle the message. */
function inPlace(
  socket: FaultOwner,
  byWs: Deflate['compress'],
  attempt: (data: string | Uint8Array) => Buffer | undefined,
): Deflate['compress'] {
  let isInFragments = false;
  return (data, isLast, onDone) => {
    const isWhole = isLast === true && !isInFragments;
    isInFragments = isLast !== true;
    if (!isWhole || !isShort(data)) {
      byWs(data, isLast, onDone);
      return;
    }
    turns.soon(() =>
      contained(socket, () => {
        const result = attempt(data);
        if (result) onDone(null, result);
        else byWs(data, isLast, onDone);
      }),
    );
  };
}

function compressedOf(data: string | Uint8Array, options: ZlibOptions): Buffer | undefined {
  try {
    const chunkSize = data.length + SPARE;
    return zlib.deflateRawSync(data, { chunkSize, ...options }).subarray(0, -TAIL.length);
  } catch {
    return undefined;
  }
}

function inflatedOf(data: string | Uint8Array, options: ZlibOptions): Buffer | undefined {
  if (typeof data === 'string') return undefined;
  try {
    const message = Buffer.concat([data, TAIL]);
    // Memory of its own: what is behind a message is nobody's.
    return copyOf(zlib.inflateRawSync(message, { ...options, maxOutputLength: MAX_INFLATED }));
  } catch {
    return undefined;
  }
}

const isShort = (data: unknown): data is string | Uint8Array =>
  (typeof data === 'string' || data instanceof Uint8Array) && data.length <= SHORT;
