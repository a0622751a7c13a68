import type { ClosedKind, CloseInfo } from './client.types.js';
import type { ConnectionSettings } from './connection.settings.js';
import type { Environment } from './environment.js';

/** In every wait, so that a crowd never comes at once. */
const FLOOR = 100;
/** What the first window of an overloaded server is longer by: 5 s in place of 2 s. */
const LONGER = 2.5;
/** So many short lives with the same end are no accident. */
const MAX_ROW = 5;

const CREDENTIALS = new Set([4401, 3000]);
const LATER = new Set([1008, 1013, 4429, 4503]);
const AGAIN = new Set([1001, 1005, 1006, 1011, 1012, 1014, 1015, 3008, 4408, 4425]);
/** These say nothing of what the client has sent. */
const BLAMELESS = new Set([1001, 1006, 1012, 1013]);

/** What comes after a close: another attempt, or none. */
export interface Step {
  /** How the connection has ended, where there is no `wait`. */
  readonly kind: ClosedKind;
  /** Milliseconds until the next attempt; `undefined` where there is none. */
  readonly wait?: number;
  /** Whether `auth` has to bring new credentials. */
  readonly refresh?: boolean;
}

/** Counts what fails, and says when to try again. */
export interface RetryPlan {
  /** The credentials were good. */
  accepted(): void;
  /** The connection has stood for a while, or somebody wants to start anew. */
  reset(): void;
  /** @param isShort Whether it was open, and not for long. */
  after(close: CloseInfo, isShort: boolean): Step;
}

/** Whether a server that says so before its first message has refused the handshake, and run nothing: `refusal: 'close'`. */
export const isRefusal = (code: number): boolean => code >= 4400 && code < 4600;

/** `exhausted` where nothing is wrong with another attempt. */
function kindOf(code: number): ClosedKind {
  if (code === 1000) return 'done';
  if (LATER.has(code) || AGAIN.has(code) || (isRefusal(code) && code >= 4500)) return 'exhausted';
  if (isRefusal(code) || CREDENTIALS.has(code)) return 'refused';
  return code < 3000 ? 'fault' : 'application';
}

export function createRetryPlan(
  { auth, retry }: ConnectionSettings,
  { random }: Environment,
): RetryPlan {
  let failures = 0;
  let isRefreshed = false;
  let refreshes = 0;
  let row = 0;
  let rowCode = 0;

  /** A refusal is no loop: it has run nothing, and a server that is not ready may say so for long. */
  const isLoop = (code: number, isShort: boolean): boolean => {
    if (BLAMELESS.has(code) || isRefusal(code)) return false;
    row = isShort && code === rowCode ? row + 1 : Number(isShort);
    rowCode = code;
    return row >= MAX_ROW;
  };

  return {
    accepted() {
      isRefreshed = false;
    },
    reset() {
      failures = row = refreshes = 0;
    },
    after(close, isShort) {
      const { code } = close;
      const wanted = retry.when?.(close);
      const kind = kindOf(code);
      const mayRefresh = wanted === undefined && auth && retry.attempts && !isRefreshed;
      if (mayRefresh && CREDENTIALS.has(code)) {
        isRefreshed = true;
        // Credentials that are good for a moment only are no reason to hurry.
        return { kind, wait: refreshes++ && FLOOR + random() * retry.max, refresh: true };
      }
      if (!(wanted ?? kind === 'exhausted')) return { kind };
      const isOver = isLoop(code, isShort) && wanted === undefined;
      if (isOver || failures >= retry.attempts) return { kind: 'exhausted' };
      const window = retry.base * (LATER.has(code) ? LONGER : 1) * 2 ** failures;
      failures += 1;
      return { kind, wait: FLOOR + random() * (Math.min(retry.max, window) || 0) };
    },
  };
}
