import type { MessageCodec } from 'nestjs-revali-ws';

import { codecText } from './known.js';

/** As of a library without types: what it returns is anything. */
const encoders: Record<string, (bytes: Buffer) => unknown> = {
  string: (bytes) => bytes.toString(),
  buffer: (bytes) => bytes,
  uint8: (bytes) => new Uint8Array(bytes),
  'array-buffer': (bytes) => new Uint8Array(bytes).buffer,
  'data-view': (bytes) => new DataView(new Uint8Array(bytes).buffer),
  uint16: (bytes) => new Uint16Array(new Uint8Array(bytes).buffer),
  float64: (bytes) => new Float64Array(new Uint8Array(bytes).buffer),
  array: (bytes) => [...bytes],
  number: (bytes) => bytes.length,
  nothing: () => undefined,
  object: (bytes) => ({ length: bytes.length }),
};

/** Messages have the form `kind text`; the kind is what `encode` returns the text as. */
const codec = {
  decode: (data: Buffer): unknown => data.toString(),
  encode(value: unknown): unknown {
    const [, kind = '', text = ''] = /^(\S+) (.*)$/s.exec(String(value)) ?? [];
    return encoders[kind]?.(Buffer.from(codecText(text)));
  },
};

export const looseCodec = codec as MessageCodec;
