import { AsyncResource } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import { contained, type FaultOwner } from '../errors/contained.js';

/** Has more to do than the turn allows. */
export interface Resumable extends FaultOwner {
  resume(): void;
}

/** Longest time, in ms, that messages may take in one phase of the event loop. */
const BUDGET = 10;

/**
 * Calls that one connection may start concurrently in one turn. Their work after the first `await` takes time of the
 * same turn, and cannot be predicted.
 */
export const STARTS_PER_TURN = 8;

/**
 * After this many messages in a row that took almost no time, the clock is read only once per this many messages:
 * reading it takes 5% of the time of an echo.
 */
const STRIDE = 8;
/** The share of the budget that counts as almost no time. */
const QUICK_SHARE = 1 / 64;

/**
 * Shares each turn of the event loop among all connections of an application. A client can send thousands of messages
 * in one packet; long work continues in later turns, with each connection in its place.
 */
export class TurnScheduler {
  private waiting: Resumable[] = [];
  /** 0: nothing has run in this phase yet. */
  private startedAt = 0;
  private lookedAt = 0;
  /** Consecutive clock readings that found almost no time gone. */
  private quickLooks = 0;
  /** Messages until the next reading. */
  private unseen = 0;
  private isScheduled = false;
  /** Belongs to no caller's asynchronous context. */
  private readonly scope = new AsyncResource('NestjsRevaliWsTurns');

  constructor(private readonly budget = BUDGET) {}

  /** Whether messages have used up their share. Check it before each message. */
  get isOver(): boolean {
    if (this.startedAt === 0) {
      this.begin();
      return false;
    }
    this.unseen -= 1;
    return this.unseen <= 0 && this.look();
  }

  /** Call it once until it is resumed. */
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

  /** @returns Whether the turn is over. Reads the clock less often while nothing takes its time. */
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
    // Those that had no turn come before those that had one.
    if (resumed < waiting.length) this.waiting = [...waiting.slice(resumed), ...this.waiting];
    this.startedAt = 0;
    if (this.waiting.length > 0) this.schedule();
  };
}

function resume(resumable: Resumable): void {
  resumable.resume();
}
