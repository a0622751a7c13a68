import type { Framing } from './extension.js';
import type { Payload } from './message.format.js';

const PROTOCOL = 'revali.v1';
const COMBINED = `${PROTOCOL}+`;
/** Means that the length follows in two bytes. */
const LONG = 255;

/** `revali.v1`: puts a header line in front of each text, and a length and the header in front of bytes. */
export const headers: Framing = {
  offers: (protocols) => [
    ...protocols.map((protocol) => COMBINED + protocol),
    PROTOCOL,
    ...protocols,
  ],
  isSpoken: (protocol) => protocol === PROTOCOL || protocol.startsWith(COMBINED),
  ownPart: (protocol) =>
    protocol === PROTOCOL
      ? ''
      : protocol.slice(protocol.startsWith(COMBINED) ? COMBINED.length : 0),
  join(header, payload) {
    if (typeof payload === 'string') return `${header}\n${payload}`;
    const bytes = new Uint8Array(1 + header.length + payload.byteLength);
    bytes[0] = header.length;
    bytes.set(new TextEncoder().encode(header), 1);
    bytes.set(new Uint8Array(payload), 1 + header.length);
    return bytes.buffer;
  },
  split(payload): [string, Payload] {
    if (typeof payload === 'string') {
      const end = payload.indexOf('\n');
      return [payload.slice(0, end), payload.slice(end + 1)];
    }
    const bytes = new Uint8Array(payload);
    const [first = 0, high = 0, low = 0] = bytes;
    const start = first === LONG ? 3 : 1;
    const end = start + (first === LONG ? high * 256 + low : first);
    return [new TextDecoder().decode(bytes.subarray(start, end)), payload.slice(end)];
  },
};
