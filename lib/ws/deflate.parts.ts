/** Told what a message was compressed to, or why it was not. */
export type OnCompressed = (error: unknown, compressed?: Buffer) => void;

/** What is used of permessage-deflate of `ws` beyond its documentation. */
export interface Deflate {
  /** Compresses one message, or a fragment of it. */
  compress: (data: unknown, isLast: unknown, onCompressed: OnCompressed) => void;
}

/** What compressed bytes depend on, beside the message. */
export interface DeflateParameters {
  /** Default: that of zlib. */
  readonly windowBits: unknown;
  /** Options of zlib. One object is one set of them, since somebody may change it. */
  readonly options: unknown;
}

const EXTENSION = 'permessage-deflate';

/** @returns `undefined` where nothing was negotiated, or `ws` has changed. */
export function deflateOf(socket: object): Deflate | undefined {
  const deflate = partOf(partOf(socket, '_extensions'), EXTENSION);
  return isDeflate(deflate) ? deflate : undefined;
}

/** @returns `undefined` where a message is compressed with the help of those before (RFC 7692 section 7.1.1.1). */
export function sharedParametersOf(deflate: Deflate): DeflateParameters | undefined {
  const [params, options] = [partOf(deflate, 'params'), partOf(deflate, '_options')];
  if (typeof options !== 'object' || partOf(params, 'server_no_context_takeover') !== true)
    return undefined;
  return {
    windowBits: partOf(params, 'server_max_window_bits'),
    options: partOf(options, 'zlibDeflateOptions'),
  };
}

function isDeflate(value: unknown): value is Deflate {
  return typeof partOf(value, 'compress') === 'function';
}

function partOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
