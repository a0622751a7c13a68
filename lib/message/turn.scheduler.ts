import { AsyncResource } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import { contained, type FaultOwner } from '../contained.js';

/** Somebody with more to do than the turn allows. */
export interface Resumable extends FaultOwner {
  resume(): void;
}

/** Longest time, in ms, that messages may take of one phase of the event loop. */
const BUDGET = 10;

/**
 * Calls that one connection may start side by side in one turn. What they do after their first `await` takes time of
 * the same turn, and nobody can tell before how much.
 */
export const STARTS_PER_TURN = 8;

/**
 * Shares each turn of the event loop among all connections of an application. A client sends thousands of messages
 * in one packet; what takes too long goes on in later turns, each connection in its place.
 */
export class TurnScheduler {
  private waiting: Resumable[] = [];
  /** 0: nothing was done in this phase yet. */
  private startedAt = 0;
  private isScheduled = false;
  /** In nobody's asynchronous context. */
  private readonly scope = new AsyncResource('NestjsRevaliWsTurns');

  constructor(private readonly budget = BUDGET) {}

  /** Whether messages have had their share. To be asked before each. */
  get isOver(): boolean {
    const now = performance.now();
    if (this.startedAt > 0) return now - this.startedAt > this.budget;
    this.startedAt = now;
    this.schedule();
    return false;
  }

  /** To be called once until it is resumed. */
  wait(resumable: Resumable): void {
    this.waiting.push(resumable);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.scope.runInAsyncScope(setImmediate, undefined, this.onTurn);
  }

  private readonly onTurn = (): void => {
    this.isScheduled = false;
    this.startedAt = 0;
    const { waiting } = this;
    if (waiting.length === 0) return;
    this.waiting = [];
    let resumed = 0;
    while (resumed < waiting.length && !this.isOver) {
      const next = waiting[resumed];
      resumed += 1;
      if (next) contained(next, resume);
    }
    // Who had no turn comes before those who had one.
    if (resumed < waiting.length) this.waiting = [...waiting.slice(resumed), ...this.waiting];
    this.startedAt = 0;
    if (this.waiting.length > 0) this.schedule();
  };
}

function resume(resumable: Resumable): void {
  resumable.resume();
}
