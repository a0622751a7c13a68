import { inspect } from 'node:util';

/** Exit codes of the process. */
export const ExitCode = {
  done: 0,
  /** A change breaks clients; with `--strict`, also for a risky one. */
  breaking: 1,
  /** A committed file does not match the application. */
  stale: 2,
  /** The command failed: a wrong option, an application that cannot be loaded, or a document that cannot be read. */
  failed: 3,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A fault that the person at the terminal can fix. Its text names the culprit and the cure. */
export class CommandFault extends Error {}

/** The first line of an error or any other thrown value. */
export function reasonOf(error: unknown): string {
  return textOf(error).trim().split('\n')[0] ?? '';
}

function textOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return typeof error === 'string' ? error : inspect(error, { breakLength: Infinity });
}
