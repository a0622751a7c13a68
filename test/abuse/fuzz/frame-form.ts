import { isUtf8 } from 'node:buffer';

import { decodeClose, Opcode, type RawFrame } from '../../support/raw/raw-frame.js';

const KNOWN = new Set<number>(Object.values(Opcode));

/** What is wrong with a frame that a server has sent (RFC 6455, section 5), without what depends on others. */
export function faultOfFrame(frame: RawFrame, size: number): string | undefined {
  const { opcode, masked, rsv, fin, payload } = frame;
  if (masked) return 'it is masked';
  if (rsv !== 0) return `its reserved bits are ${rsv}`;
  if (!KNOWN.has(opcode)) return `its opcode is ${opcode}`;
  if (size !== payload.length + headSize(payload.length)) return 'its length is not the shortest';
  if (opcode >= Opcode.close && !fin) return 'it is a control frame in fragments';
  if (opcode >= Opcode.close && payload.length > 125) return 'it is a control frame of that length';
  return opcode === Opcode.close ? faultOfClose(payload) : undefined;
}

function headSize(length: number): number {
  if (length < 126) return 2;
  return length < 0x1_0000 ? 4 : 10;
}

function faultOfClose(payload: Buffer): string | undefined {
  if (payload.length === 1) return 'it is a close frame with half a code';
  const { code } = decodeClose(payload);
  const isSendable =
    (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || code >= 3000;
  if (payload.length > 0 && (!isSendable || code > 4999)) return `it closes with ${code}`;
  return isUtf8(payload.subarray(2)) ? undefined : 'its reason is not UTF-8';
}
