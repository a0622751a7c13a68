import { isSendableCloseCode } from '../close/close.code.js';

/** The close frame of the client. */
export interface PeerClose {
  /** `undefined` if the frame had none. */
  readonly code: number | undefined;
  readonly reason: string;
  /** Whether everything before it was decoded. */
  isDecoded: boolean;
}

/** @returns The content of a close frame that is not decoded yet; `undefined` for a code that must not be sent. */
export function peerCloseIn(payload: Buffer): PeerClose | undefined {
  if (payload.length === 0) return { code: undefined, reason: '', isDecoded: false };
  if (payload.length < 2) return undefined;
  const code = payload.readUInt16BE(0);
  if (!isSendableCloseCode(code)) return undefined;
  return { code, reason: payload.toString('utf8', 2), isDecoded: false };
}
