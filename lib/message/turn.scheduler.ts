import { AsyncResource } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import { contained, type FaultOwner } from '../errors/contained.js';

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
 * After so many messages in a row that took next to no time, one look at the clock serves for as many more: a look
 * takes 5 % of the time of an echo.
 */
const STRIDE = 8;
/** Part of the budget that is next to no time. */
const QUICK_SHARE = 1 / 64;

/**
 * Shares each turn of the event loop among all connections of an application. A client sends thousands of messages
 * in one packet; what takes too long goes on in later turns, each connection in its place.
 */
export class TurnScheduler {
  private waiting: Resumable[] = [];
  /** 0: nothing was done in this phase yet. */
  private startedAt = 0;
  private lookedAt = 0;
  /** Looks in a row that found next to no time gone. */
  private quickLooks = 0;
  /** Messages until the next look. */
  private unseen = 0;
  private isScheduled = false;
  /** In nobody's asynchronous context. */
  private readonly scope = new AsyncResource('NestjsRevaliWsTurns');

  constructor(private readonly budget = BUDGET) {}

  /** Whether messages have had their share. To be asked before each. */
  get isOver(): boolean {
    if (this.startedAt === 0) {
      this.begin();
      return false;
    }
    this.unseen -= 1;
    return this.unseen <= 0 && this.look();
  }

  /** To be called once until it is resumed. */
  wait(resumable: Resumable): void {
    this.waiting.push(resumable);
    this.schedule();
  }

  private begin(): void {
    this.startedAt = performance.now();
    this.lookedAt = this.startedAt;
    this.quickLooks = 0;
    this.unseen = 1;
    this.schedule();
  }

  /** @returns Whether the turn is over. Looks less often as long as nothing takes its time. */
  private look(): boolean {
    const now = performance.now();
    const isOver = now - this.startedAt > this.budget;
    const isQuick = now - this.lookedAt < this.budget * QUICK_SHARE;
    this.quickLooks = isQuick ? this.quickLooks + 1 : 0;
    this.unseen = isOver || this.quickLooks < STRIDE ? 1 : STRIDE;
    this.lookedAt = now;
    return isOver;
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
