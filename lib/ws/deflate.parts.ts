import { constants, type ZlibOptions } from 'node:zlib';

/** Receives the compressed or inflated message, or the reason why there is none. */
export type OnCompressed = (error: unknown, compressed?: Buffer) => void;

/** The undocumented parts of the permessage-deflate of `ws` that are used. */
export interface Deflate {
  /** Compresses one message, or a fragment of it. */
  compress: (data: unknown, isLast: unknown, onCompressed: OnCompressed) => void;
}

/** The same for messages of the client. */
export interface Inflate {
  /** Inflates one message, or a fragment of it. */
  decompress: (data: unknown, isLast: unknown, onInflated: OnCompressed) => void;
}

/** What compressed bytes depend on, apart from the message. */
export interface DeflateParameters {
  /** Default: zlib's. */
  readonly windowBits: unknown;
  /** Options of zlib. Sets are compared by identity, because someone may change the object. */
  readonly options: unknown;
}

const EXTENSION = 'permessage-deflate';

/** @returns `undefined` if nothing was negotiated, or `ws` has changed. */
export function deflateOf(socket: object): Deflate | undefined {
  const deflate = partOf(partOf(socket, '_extensions'), EXTENSION);
  return isDeflate(deflate) ? deflate : undefined;
}

/** @returns `undefined` if compression of a message uses earlier messages (RFC 7692 section 7.1.1.1). */
export function sharedParametersOf(deflate: Deflate): DeflateParameters | undefined {
  const [params, options] = [partOf(deflate, 'params'), partOf(deflate, '_options')];
  if (typeof options !== 'object' || partOf(params, 'server_no_context_takeover') !== true)
    return undefined;
  return {
    windowBits: partOf(params, 'server_max_window_bits'),
    options: partOf(options, 'zlibDeflateOptions'),
  };
}

/** @returns `undefined` if nothing was negotiated, or `ws` has changed. */
export function inflateOf(socket: object): Inflate | undefined {
  const inflate = partOf(partOf(socket, '_extensions'), EXTENSION);
  return isInflate(inflate) ? inflate : undefined;
}

/** @returns What zlib needs for one message; `undefined` if that message's content depends on earlier ones. */
export function independentOptionsOf(
  extension: object,
  side: 'client' | 'server',
): ZlibOptions | undefined {
  const params = partOf(extension, 'params');
  if (partOf(params, `${side}_no_context_takeover`) !== true) return undefined;
  const windowBits = partOf(params, `${side}_max_window_bits`);
  const options = side === 'server' ? 'zlibDeflateOptions' : 'zlibInflateOptions';
  const own = partOf(partOf(extension, '_options'), options);
  return {
    ...(typeof own === 'object' && own),
    windowBits: typeof windowBits === 'number' ? windowBits : constants.Z_DEFAULT_WINDOWBITS,
    finishFlush: constants.Z_SYNC_FLUSH,
  };
}

function isInflate(value: unknown): value is Inflate {
  return typeof partOf(value, 'decompress') === 'function';
}

function isDeflate(value: unknown): value is Deflate {
  return typeof partOf(value, 'compress') === 'function';
}

function partOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
