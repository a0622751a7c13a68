import { EventEmitter } from 'node:events';
import { runInThisContext } from 'node:vm';

import { sleep } from '../deadline.js';

export interface Unhandled {
  kind: 'unhandledRejection' | 'uncaughtException';
  reason: unknown;
}

export interface UnhandledRecorder {
  readonly seen: readonly Unhandled[];
  /** Waits for what is about to come up, stops listening, and returns all of it. */
  release(): Promise<readonly Unhandled[]>;
}

/** Records what nobody handled, until released. */
export function unhandled(): UnhandledRecorder {
  const realProcess = theProcess();
  const seen: Unhandled[] = [];
  const onRejection = (reason: unknown) => seen.push({ kind: 'unhandledRejection', reason });
  const onException = (reason: unknown) => seen.push({ kind: 'uncaughtException', reason });
  realProcess.on('unhandledRejection', onRejection);
  realProcess.on('uncaughtException', onException);
  return {
    seen,
    release: async () => {
      await sleep(10);
      realProcess.off('unhandledRejection', onRejection);
      realProcess.off('uncaughtException', onException);
      return seen;
    },
  };
}

/** Records Node's warnings of too many listeners, until released. */
export function listenerWarnings(): { release(): Promise<readonly string[]> } {
  const realProcess = theProcess();
  const seen: string[] = [];
  const onWarning = ({ name, message }: Error): void => {
    if (name === 'MaxListenersExceededWarning') seen.push(message);
  };
  realProcess.on('warning', onWarning);
  return {
    release: async () => {
      await sleep(10);
      realProcess.off('warning', onWarning);
      return seen;
    },
  };
}

/** Jest gives tests a copy of `process` on which these events never happen. */
function theProcess(): NodeJS.Process {
  const realProcess: unknown = runInThisContext('process');
  if (!isProcess(realProcess)) throw new Error('no process to listen to');
  return realProcess;
}

const isProcess = (value: unknown): value is NodeJS.Process => value instanceof EventEmitter;

/** How many listeners each event has, to compare before and after. */
export function listenerCounts(emitter: EventEmitter): Record<string, number> {
  return Object.fromEntries(
    emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]),
  );
}

/** Timers that hold the process open, Jest's own among them: compare before and after. */
export function activeTimers(): number {
  return activeResources('Timeout');
}

/** TCP sockets of this process, both ends. One that is just ending still counts: ask `eventually`. */
export function activeSockets(): number {
  return activeResources('TCPSocketWrap');
}

function activeResources(kind: string): number {
  return process.getActiveResourcesInfo().filter((name) => name === kind).length;
}
