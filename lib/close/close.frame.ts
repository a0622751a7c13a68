/** A close frame's payload is at most 125 bytes; the code takes two of them (RFC 6455 section 5.5). */
export const MAX_REASON_BYTES = 123;

/** A close frame as the peer will see it. */
export interface CloseFrame {
  readonly code: number;
  readonly reason: string;
}

/** @throws TypeError if the application passes a reason that is not a string, such as a list of messages. */
export function closeFrame(code: number, reason: string): CloseFrame {
  return { code, reason: truncateReason(reason) };
}

/** Cuts at a code point boundary, so that the peer never receives half a character. */
export function truncateReason(reason: string): string {
  assertText(reason);
  const bytes = Buffer.from(reason, 'utf8');
  if (bytes.length <= MAX_REASON_BYTES) return reason;
  let end = MAX_REASON_BYTES;
  while (isContinuationByte(bytes[end])) end -= 1;
  return bytes.toString('utf8', 0, end);
}

export function assertText(reason: unknown): asserts reason is string {
  if (typeof reason === 'string') return;
  const given = Array.isArray(reason) ? 'an array' : `a value of type ${typeof reason}`;
  throw new TypeError(
    `A close reason must be a string, not ${given}. Join a list of messages first.`,
  );
}

function isContinuationByte(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
