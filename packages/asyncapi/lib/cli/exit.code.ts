import { inspect } from 'node:util';

/** What the process ends with. */
export const ExitCode = {
  done: 0,
  /** A change that breaks clients; with `--strict` also a risky one. */
  breaking: 1,
  /** A committed file is not as the application is. */
  stale: 2,
  /** Nothing was found out: a wrong option, an application that cannot be loaded, a document that cannot be read. */
  failed: 3,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A fault that the person at the terminal can mend. Its text names culprit and cure. */
export class CommandFault extends Error {}

/** The first line of an error, of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return textOf(error).trim().split('\n')[0] ?? '';
}

function textOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return typeof error === 'string' ? error : inspect(error, { breakLength: Infinity });
}
