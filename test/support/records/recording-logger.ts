import { inspect, types } from 'node:util';

import type { LoggerService } from '@nestjs/common';

export type LogLevel = 'log' | 'error' | 'warn' | 'debug' | 'verbose' | 'fatal';

export interface LogEntry {
  level: LogLevel;
  message: string;
  context: string | undefined;
  stack: string | undefined;
  /** Further parameters, as given. */
  details: unknown[];
}

const STACK = /^(.+\n)?\s+at .+:\d+:\d+/s;

/** Keeps what Nest and the library log, so that tests can ask for it and the output stays quiet. */
export class RecordingLogger implements LoggerService {
  readonly entries: LogEntry[] = [];

  readonly log = this.recorder('log');
  readonly error = this.recorder('error');
  readonly warn = this.recorder('warn');
  readonly debug = this.recorder('debug');
  readonly verbose = this.recorder('verbose');
  readonly fatal = this.recorder('fatal');

  at(level: LogLevel): LogEntry[] {
    return this.entries.filter((entry) => entry.level === level);
  }

  /** The texts, of one level or of all. */
  messages(level?: LogLevel): string[] {
    return (level ? this.at(level) : this.entries).map(({ message }) => message);
  }

  clear(): void {
    this.entries.length = 0;
  }

  private recorder(level: LogLevel) {
    return (message: unknown, ...params: unknown[]): void => {
      this.entries.push({ level, ...readMessage(message), ...readParams(params, message) });
    };
  }
}

function readMessage(message: unknown): Pick<LogEntry, 'message'> {
  // Not `instanceof`: under Jest, Node's own errors come from another realm.
  if (types.isNativeError(message)) return { message: message.message };
  return { message: typeof message === 'string' ? message : inspect(message) };
}

/** Nest passes `(message, ...details, stack?, context?)`, all in one row. */
function readParams(
  params: unknown[],
  message: unknown,
): Pick<LogEntry, 'context' | 'stack' | 'details'> {
  const details = params.filter((param) => param !== undefined);
  const last = details.at(-1);
  const context = typeof last === 'string' && !STACK.test(last) ? last : undefined;
  if (context !== undefined) details.pop();
  const at = details.findIndex((param) => typeof param === 'string' && STACK.test(param));
  const [given] = at < 0 ? [] : details.splice(at, 1);
  const thrown = [message, ...details].find((param) => types.isNativeError(param));
  return { context, stack: typeof given === 'string' ? given : thrown?.stack, details };
}
