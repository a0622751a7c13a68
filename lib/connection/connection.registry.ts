import { Injectable } from '@nestjs/common';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { CloseCode, SHUTTING_DOWN } from '../close/close.code.js';
import { Roster, type RosterMember } from '../values/roster.js';

/** Connections closed in one go at shutdown before other work gets a turn. */
const BATCH = 256;

/** The shortest pause, in ms, for which a timer pays off when connections are closed one after another. */
const MIN_PAUSE = 10;

/** The registry's view of a connection. */
export interface RegisteredConnection extends RosterMember {
  readonly hasEnded: boolean;
  /** Messages received but not yet started. */
  readonly queuedMessages: number;
  /** Messages that back-pressure dropped. */
  readonly droppedMessages: number;
  /** Handler calls that are running. */
  readonly runningCalls: number;
  /** Lets running calls finish, for at most the given time in ms. */
  shutDown(code: number, reason: string, timeout: number): void;
  /** Ends the connection now and discards the data that waits to be sent. */
  abort(code: number, reason: string): void;
  /** Cuts the TCP connection. */
  terminate(): void;
}

/** What happened to connections and running calls at shutdown. */
export interface ShutdownSummary {
  /** Connections that ended in time. */
  readonly closed: number;
  /** Calls that ended in time. */
  readonly finished: number;
  /** Calls that did not end in time. */
  readonly aborted: number;
  /** Connections that were cut. */
  readonly forced: number;
}

/** The open connections, and the work that connections that just ended still have to do. */
@Injectable()
export class ConnectionRegistry {
  private readonly open = new Roster<RegisteredConnection>();
  private ending = 0;
  private whenEmpty: (() => void)[] = [];

  get size(): number {
    return this.open.size;
  }

  add(connection: RegisteredConnection): void {
    this.open.add(connection);
  }

  remove(connection: RegisteredConnection): void {
    this.open.delete(connection);
    this.checkEmpty();
  }

  /** Shutdown waits for the work, which must not reject. */
  trackEnding(work: Promise<unknown>): void {
    this.ending += 1;
    void work.then(() => {
      this.ending -= 1;
      this.checkEmpty();
    });
  }

  /**
   * Closes all connections with 1001: running calls finish and their results are sent; clean-ups and observers are
   * awaited. After the timeout (ms), everything left is cut.
   *
   * @param spread Milliseconds over which connections are closed, added to the timeout.
   */
  async shutDown(timeout: number, spread = 0): Promise<ShutdownSummary> {
    const connections = this.open.size;
    const calls = this.runningCalls;
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeout + spread);
    });
    await this.closeAll(timeout, spread);
    await Promise.race([this.empty(), expired]);
    clearTimeout(timer);
    const forced = this.open.size;
    const aborted = this.runningCalls;
    for (const connection of this.open) {
      connection.abort(CloseCode.GoingAway, SHUTTING_DOWN);
      connection.terminate();
    }
    return {
      closed: connections - forced,
      finished: Math.max(0, calls - aborted),
      aborted,
      forced,
    };
  }

  /** Messages that wait in all connections. */
  get queuedMessages(): number {
    let queued = 0;
    for (const connection of this.open) queued += connection.queuedMessages;
    return queued;
  }

  /** Messages of open connections that back-pressure dropped. */
  get droppedMessages(): number {
    let dropped = 0;
    for (const connection of this.open) {
      if (!connection.hasEnded) dropped += connection.droppedMessages;
    }
    return dropped;
  }

  private get runningCalls(): number {
    let calls = 0;
    for (const connection of this.open) calls += connection.runningCalls;
    return calls;
  }

  private async closeAll(timeout: number, spread: number): Promise<void> {
    const end = Date.now() + spread;
    const connections = this.open.size;
    let closed = 0;
    for (const connection of this.open) {
      connection.shutDown(CloseCode.GoingAway, SHUTTING_DOWN, timeout);
      closed += 1;
      const pause = end - Date.now() - spread * (1 - closed / connections);
      // oxlint-disable-next-line no-await-in-loop -- they would all come back at once
      if (spread > 0 && pause >= MIN_PAUSE) await delay(pause);
      // oxlint-disable-next-line no-await-in-loop -- the turns between batches are the point
      else if (closed % BATCH === 0) await nextTurn();
    }
  }

  private empty(): Promise<void> {
    if (this.isEmpty) return Promise.resolve();
    return new Promise((resolve) => this.whenEmpty.push(resolve));
  }

  private get isEmpty(): boolean {
    return this.open.size === 0 && this.ending === 0;
  }

  private checkEmpty(): void {
    if (!this.isEmpty) return;
    for (const resolve of this.whenEmpty.splice(0)) resolve();
  }
}
