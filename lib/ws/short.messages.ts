import zlib, { type ZlibOptions } from 'node:zlib';
import { contained, type FaultOwner } from '../errors/contained.js';
import { copyOf } from '../send/payload.js';
import { deflateOf, independentOptionsOf, inflateOf } from './deflate.parts.js';
import { TurnShare } from './turn.share.js';

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
  const { compress } = deflate;
  let isInFragments = false;
  deflate.compress = (data, isLast, onCompressed) => {
    const isWhole = isLast === true && !isInFragments;
    isInFragments = isLast !== true;
    const byWs = (): void => Reflect.apply(compress, deflate, [data, isLast, onCompressed]);
    if (!isWhole || !isShort(data)) {
      byWs();
      return;
    }
    turns.soon(() =>
      contained(socket, () => {
        const compressed = compressedOf(data, options);
        if (compressed) onCompressed(null, compressed);
        else byWs();
      }),
    );
  };
}

function inflateInPlace(socket: FaultOwner): void {
  const inflate = inflateOf(socket);
  const options = inflate && independentOptionsOf(inflate, 'client');
  if (!inflate || !options) return;
  const { decompress } = inflate;
  let isInFragments = false;
  inflate.decompress = (data, isLast, onInflated) => {
    const isWhole = isLast === true && !isInFragments;
    isInFragments = isLast !== true;
    const byWs = (): void => Reflect.apply(decompress, inflate, [data, isLast, onInflated]);
    if (!isWhole || !isShortBytes(data)) {
      byWs();
      return;
    }
    turns.soon(() =>
      contained(socket, () => {
        const inflated = inflatedOf(data, options);
        if (inflated) onInflated(null, inflated);
        else byWs();
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

function inflatedOf(data: Uint8Array, options: ZlibOptions): Buffer | undefined {
  try {
    const message = Buffer.concat([data, TAIL]);
    // Memory of its own: what is behind a message is nobody's.
    return copyOf(zlib.inflateRawSync(message, { ...options, maxOutputLength: MAX_INFLATED }));
  } catch {
    return undefined;
  }
}

const isShort = (data: unknown): data is string | Uint8Array =>
  typeof data === 'string' ? data.length <= SHORT : isShortBytes(data);

const isShortBytes = (data: unknown): data is Uint8Array =>
  data instanceof Uint8Array && data.length <= SHORT;
