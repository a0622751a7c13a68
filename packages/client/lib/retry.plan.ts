import type { ClosedKind, CloseInfo } from './client.types.js';
import type { ConnectionSettings } from './connection.settings.js';
import type { Environment } from './environment.js';

/** Part of every wait, so that a crowd never reconnects at once. Milliseconds. */
const FLOOR = 100;
/** Factor for the first wait after an overload: 5 s instead of 2 s. */
const LONGER = 2.5;
/** This many short connections in a row with the same end are no accident. */
const MAX_ROW = 5;

const CREDENTIALS = new Set([4401, 3000]);
const LATER = new Set([1008, 1013, 4429, 4503]);
const AGAIN = new Set([1001, 1005, 1006, 1011, 1012, 1014, 1015, 3008, 4408, 4425]);
/** Codes that do not blame the client's messages. */
const BLAMELESS = new Set([1001, 1006, 1012, 1013]);

/** The next step after a close: another attempt, or none. */
export interface Step {
  /** How the connection ended, if there is no `wait`. */
  readonly kind: ClosedKind;
  /** Milliseconds until the next attempt; `undefined` if there is none. */
  readonly wait?: number;
  /** Whether `auth` must return new credentials. */
  readonly refresh?: boolean;
}

/** Counts failures and decides when to try again. */
export interface RetryPlan {
  /** The server accepted the credentials. */
  accepted(): void;
  /** The connection has been open for a while, or the user wants to start afresh. */
  reset(): void;
  /** @param isShort Whether the connection was open only briefly. */
  after(close: CloseInfo, isShort: boolean): Step;
}

/** Whether the code, before any message, means that the server refused the handshake and ran nothing: `refusal: 'close'`. */
export const isRefusal = (code: number): boolean => code >= 4400 && code < 4600;

/** `exhausted` for codes after which another attempt might succeed. */
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

  /** Refusals do not count as a loop: the server ran nothing, and one that is not ready may refuse for a long time. */
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
        // Credentials that work only for a moment are no reason to hurry.
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
