import type { ClosedKind } from './client.types.js';

/**
 * What to do about a close: try again after a wait, after a longer one, or with new credentials; else the connection has
 * ended, and this is how.
 */
export type Verdict = 'again' | 'later' | 'credentials' | ClosedKind;

const LATER = new Set([1008, 1013, 4429, 4503]);
const AGAIN = new Set([1001, 1005, 1006, 1011, 1012, 1014, 1015, 3008, 4408, 4425]);

export function verdictOn(code: number): Verdict {
  if (code === 1000) return 'done';
  if (code === 4401 || code === 3000) return 'credentials';
  if (LATER.has(code)) return 'later';
  if (AGAIN.has(code) || (code >= 4500 && code < 4600)) return 'again';
  if (code >= 4400 && code < 4500) return 'refused';
  return code < 3000 ? 'fault' : 'application';
}

/** Whether a server that says so before its first message has refused the handshake, and run nothing: `refusal: 'close'`. */
export function isRefusal(code: number): boolean {
  return code >= 4400 && code < 4600;
}
