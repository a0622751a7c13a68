/** A close frame's payload is at most 125 bytes, two of them the code (RFC 6455 section 5.5). */
export const MAX_REASON_BYTES = 123;

/** A close frame as the peer will see it. */
export interface CloseFrame {
  readonly code: number;
  readonly reason: string;
}

export function closeFrame(code: number, reason: string): CloseFrame {
  return { code, reason: truncateReason(reason) };
}

/** Cuts at a code point boundary, so that the peer never receives half a character. */
export function truncateReason(reason: string): string {
  const bytes = Buffer.from(reason, 'utf8');
  if (bytes.length <= MAX_REASON_BYTES) return reason;
  let end = MAX_REASON_BYTES;
  while (isContinuationByte(bytes[end])) end -= 1;
  return bytes.toString('utf8', 0, end);
}

function isContinuationByte(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
