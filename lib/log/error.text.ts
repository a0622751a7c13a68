import { inspect } from 'node:util';

/**
 * The log text of a thrown value. Anything can be thrown, and reading it may run code of the application: these
 * functions never throw.
 */
export function messageOf(thrown: unknown): string {
  return read(() => {
    if (typeof thrown === 'string') return thrown;
    return thrown instanceof Error
      ? textOf(thrown.message)
      : inspect(thrown, { depth: 1, breakLength: Infinity, maxStringLength: 80 });
  });
}

/** The stack of an error; for any other value, its text. */
export function stackOf(thrown: unknown): string {
  // Even `instanceof` asks the value, and a revoked Proxy then throws.
  return read(() =>
    thrown instanceof Error ? textOf(thrown.stack ?? thrown.message) : messageOf(thrown),
  );
}

/** The application may have put anything there, whatever the type says. */
function textOf(value: unknown): string {
  return String(value);
}

/** @returns The stack of an error; `undefined` for any other value, and for one that cannot be inspected. */
export function errorStackOf(thrown: unknown): string | undefined {
  try {
    return thrown instanceof Error ? stackOf(thrown) : undefined;
  } catch {
    return undefined;
  }
}

function read(text: () => string): string {
  try {
    return text();
  } catch {
    return 'a value that cannot be shown';
  }
}
