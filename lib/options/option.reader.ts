import ms from 'ms';
import { isAsyncFunction } from 'node:util/types';
import { InvalidWebSocketOptionException } from '../errors/revali-ws.exceptions.js';
import type { Duration } from './revali-ws.options.js';

/** The longest delay that Node's timers support; a longer one would fire at once. */
const MAX_DELAY = 2 ** 31 - 1;

const SYNC_CURE =
  'Use a function that is not async: its value is needed at once. Slow work belongs in a pipe or the handler.';

/** Reads options and refuses invalid ones. Each error names the place, the option, the value, and the fix. */
export class OptionReader {
  constructor(private readonly where: string) {}

  refuse(option: string, value: unknown, cure: string): never {
    throw new InvalidWebSocketOptionException(this.where, option, value, cure);
  }

  /** A misspelled option would silently leave its default in force. */
  knownKeys(options: unknown, known: readonly string[], prefix = ''): void {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      this.refuse(prefix === '' ? 'options' : prefix.slice(0, -1), options, 'Use an object.');
    }
    for (const key of Object.keys(options)) {
      if (known.includes(key)) continue;
      this.refuse(
        prefix + key,
        Reflect.get(options, key),
        `There is no such option; use one of ${known.join(', ')}.`,
      );
    }
  }

  oneOf<T extends string>(
    option: string,
    value: string | undefined,
    allowed: readonly T[],
    fallback: T,
  ): T {
    if (value === undefined) return fallback;
    const found = allowed.find((candidate) => candidate === value);
    return (
      found ??
      this.refuse(option, value, `Use one of ${allowed.map((item) => `'${item}'`).join(', ')}.`)
    );
  }

  boolean(option: string, value: boolean | undefined, fallback: boolean): boolean {
    if (value === undefined) return fallback;
    return typeof value === 'boolean' ? value : this.refuse(option, value, 'Use true or false.');
  }

  integer(option: string, value: number | undefined, fallback: number, min = 1): number {
    if (value === undefined) return fallback;
    if (Number.isSafeInteger(value) && value >= min) return value;
    return this.refuse(option, value, `Use an integer of at least ${min}.`);
  }

  duration(option: string, value: Duration | undefined, fallback: number): number {
    if (value === undefined) return fallback;
    const parsed = typeof value === 'string' ? parseDuration(value) : value;
    if (typeof parsed === 'number' && parsed > 0 && parsed <= MAX_DELAY) return Math.ceil(parsed);
    return this.refuse(
      option,
      value,
      "Use milliseconds above 0 and below 25 days, or a string such as '5s' or '2m'.",
    );
  }

  func(option: string, value: unknown): void {
    if (typeof value !== 'function') this.refuse(option, value, 'Use a function.');
  }

  /** For a function whose promise nobody would await. */
  syncFunc(option: string, value: unknown): void {
    this.func(option, value);
    if (isAsyncFunction(value)) this.refuse(option, value, SYNC_CURE);
  }
}

function parseDuration(value: Extract<Duration, string>): number | undefined {
  // ms throws for an empty string instead of returning undefined.
  return value.length > 0 && value.length <= 100 ? ms(value) : undefined;
}
