import { isRefusal, verdictOn } from './close.verdict.js';
import type { ClosedKind, CloseInfo, RetryOptions } from './client.types.js';

/** In every wait, so that a crowd never comes at once. */
const FLOOR = 100;
/** What the first window of an overloaded server is longer by: 5 s in place of 2 s. */
const LONGER = 2.5;
/** So many short lives with the same end are no accident. */
const MAX_ROW = 5;
/** These say nothing of what the client has sent. */
const BLAMELESS = new Set([1001, 1006, 1012, 1013]);

/** What comes after a close: another attempt, or none. */
export interface Step {
  /** Milliseconds until the next attempt; `undefined` where there is none. */
  readonly wait?: number;
  /** Whether `auth` has to bring new credentials. */
  readonly refresh?: boolean;
  readonly kind: ClosedKind;
}

/** Counts what fails, and says when to try again. */
export class RetryPlan {
  #failures = 0;
  #refreshed = false;
  #row = 0;
  #rowCode = 0;

  constructor(
    private readonly options: Required<Omit<RetryOptions, 'when'>> & Pick<RetryOptions, 'when'>,
    private readonly hasAuth: boolean,
    private readonly random: () => number,
  ) {}

  /** The credentials were good. */
  accepted(): void {
    this.#refreshed = false;
  }

  /** The connection has stood for a while, or somebody wants to start anew. */
  reset(): void {
    this.#failures = this.#row = 0;
  }

  /** @param isShort Whether it was open, and not for long. */
  after(close: CloseInfo, isShort: boolean): Step {
    const wanted = this.options.when?.(close);
    const verdict = verdictOn(close.code);
    if (wanted === undefined && verdict === 'credentials' && this.hasAuth && !this.#refreshed) {
      this.#refreshed = true;
      return { wait: 0, refresh: true, kind: 'refused' };
    }
    const isTemporary = verdict === 'again' || verdict === 'later';
    if (!(wanted ?? isTemporary))
      return { kind: verdict === 'credentials' ? 'refused' : isTemporary ? 'exhausted' : verdict };
    const isLoop = this.#isLoop(close.code, isShort) && wanted === undefined;
    if (isLoop || this.#failures >= this.options.attempts) return { kind: 'exhausted' };
    return { wait: this.#wait(verdict === 'later'), kind: 'exhausted' };
  }

  #wait(isLonger: boolean): number {
    const { base, max } = this.options;
    const window = base * (isLonger ? LONGER : 1) * 2 ** this.#failures;
    this.#failures += 1;
    return FLOOR + this.random() * Math.min(max, window);
  }

  /** A refusal is no loop: it has run nothing, and a server that is not ready may say so for long. */
  #isLoop(code: number, isShort: boolean): boolean {
    if (BLAMELESS.has(code) || isRefusal(code)) return false;
    this.#row = isShort && code === this.#rowCode ? this.#row + 1 : Number(isShort);
    this.#rowCode = code;
    return this.#row >= MAX_ROW;
  }
}
