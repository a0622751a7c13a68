import type { Logger } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { BehaviorSubject, type Observable } from 'rxjs';
import type {
  BrokerEvents,
  BrokerLink,
  HistoryLimits,
  RoomBroker,
  RoomFilter,
  RoomKey,
} from '../brokers/room.broker.js';
import { UnusableBrokerException } from '../errors/broker.exceptions.js';
import { BrokerUnavailableException } from '../errors/room.exceptions.js';
import { messageOf } from '../log/error.text.js';
import { ThrottledLog } from '../log/throttled.log.js';
import { publishLost, publishReady } from '../metrics/room.channels.js';
import { within } from './within.js';

/** Milliseconds between retries if the application does not wait for its broker. */
const RETRY_DELAY = 1_000;
/** Milliseconds between attempts to reach a broker at startup. */
const START_RETRY = 250;

/** Whether broadcasts and joins can succeed. */
export type BrokerStatus = 'connecting' | 'ready' | 'lost';

export interface SessionParts {
  readonly broker: RoomBroker;
  /** The prefix of every name in the broker. */
  readonly prefix: string;
  /** How much history each kind of rooms keeps, by name. */
  readonly histories: ReadonlyMap<string, HistoryLimits>;
  readonly logger: Logger;
  /** Milliseconds. */
  readonly joinTimeout: number;
  /** Milliseconds that the broker may take to close. */
  readonly closeTimeout: number;
  /** The status before anyone asks for the link: a link inside the process is always ready. */
  readonly initial: BrokerStatus;
}

/** The link of one application to its broker, from first use to end. */
export class BrokerSession {
  reconnects = 0;
  /** When the status began, in ms since 1970. */
  since = Date.now();
  private readonly changes: BehaviorSubject<BrokerStatus>;
  /** When each was lost, in ms since 1970. */
  private readonly lost = new Map<RoomFilter | undefined, number>();
  private link: Promise<BrokerLink> | undefined;
  private open: BrokerLink | undefined;
  private retry: NodeJS.Timeout | undefined;
  private isClosed = false;
  /** An unstable link must not fill the log. */
  private readonly lostLog = new ThrottledLog((line) => this.parts.logger.warn(line));
  private readonly backLog = new ThrottledLog((line) => this.parts.logger.log(line));
  private readonly absentLog = new ThrottledLog((line) => this.parts.logger.warn(line));

  constructor(private readonly parts: SessionParts) {
    this.changes = new BehaviorSubject(parts.initial);
  }

  get status(): BrokerStatus {
    return this.changes.value;
  }

  get statusChanges(): Observable<BrokerStatus> {
    return this.changes.asObservable();
  }

  get name(): string {
    return this.parts.broker.name;
  }

  /** Whether the broker can be reached, for this room if one is given. */
  isReady(room?: RoomKey): boolean {
    if (this.isClosed) return false;
    if (room === undefined) return this.lost.size === 0;
    for (const rooms of this.lost.keys()) if (!rooms || rooms(room)) return false;
    return true;
  }

  /** Whether any part of the broker can be reached: one of several servers may be lost. */
  get isUsable(): boolean {
    return !this.isClosed && !this.lost.has(undefined);
  }

  /** The next caller retries a failed link. */
  connect(events: BrokerEvents): Promise<BrokerLink> {
    if (this.isClosed) return Promise.reject(this.unavailable('the application closes'));
    const { broker, histories, prefix } = this.parts;
    this.link ??= broker.connect(events, { prefix, histories }).then(
      (link) => this.onConnected(link),
      (error: unknown) => {
        this.link = undefined;
        throw error;
      },
    );
    return this.link;
  }

  /**
   * Retries a broker that cannot be reached yet, within `joinTimeout`.
   *
   * @throws BrokerUnavailableException, UnusableBrokerException
   */
  async start(events: BrokerEvents): Promise<void> {
    const { joinTimeout } = this.parts;
    const end = performance.now() + joinTimeout;
    try {
      await within(this.connectBy(end, events), joinTimeout, () =>
        this.unavailable(`no answer within ${joinTimeout} ms`),
      );
    } catch (error) {
      // It says what to do, and waiting would not help.
      if (error instanceof UnusableBrokerException) throw error;
      throw this.failureOf(`it cannot be reached: ${messageOf(error)}`, error);
    }
  }

  /** Retries until there is a link: nobody may ask for one while the application is not ready. */
  startLater(events: BrokerEvents): void {
    this.start(events).catch((error: unknown) => {
      if (this.isClosed) return;
      this.absentLog.add(() => `${this.name} is not available yet: ${messageOf(error)}`);
      this.retry = setTimeout(() => this.startLater(events), RETRY_DELAY).unref();
    });
  }

  /** @returns Whether this is new. */
  onLost(rooms: RoomFilter | undefined): boolean {
    if (this.isClosed || this.lost.has(rooms)) return false;
    this.lost.set(rooms, Date.now());
    this.become('lost');
    publishLost(this.name);
    const which = rooms ? ' for some rooms' : '';
    this.lostLog.add(
      () => `${this.name} is lost${which}: broadcasts are refused, and may be missed`,
    );
    return true;
  }

  /** @returns How long it was lost, in ms; `undefined` if it was not. */
  onReady(rooms: RoomFilter | undefined): number | undefined {
    const since = this.isClosed ? undefined : this.takeLost(rooms);
    if (since === undefined) return undefined;
    this.reconnects += 1;
    if (this.lost.size === 0) this.become('ready');
    const lostMs = Date.now() - since;
    publishReady(this.name, lostMs);
    return lostMs;
  }

  /** @param gaps Gaps found in rooms since the link is back. */
  tellRecovery(lostMs: number, gaps: number): void {
    if (this.isClosed) return;
    this.backLog.add(() => `${this.name} is back after ${lostMs} ms. Gaps in rooms: ${gaps}`);
  }

  /** Without a filter, all are back. */
  private takeLost(rooms: RoomFilter | undefined): number | undefined {
    const { lost } = this;
    const since = rooms ? lost.get(rooms) : [...lost.values()][0];
    if (rooms) lost.delete(rooms);
    else lost.clear();
    return since;
  }

  unavailable(what: string, cause?: unknown): BrokerUnavailableException {
    return new BrokerUnavailableException(this.name, what, 'refused', cause);
  }

  /** Returns the error itself if it already names the problem. */
  failureOf(what: string, error: unknown): BrokerUnavailableException {
    return error instanceof BrokerUnavailableException ? error : this.unavailable(what, error);
  }

  async close(): Promise<void> {
    const { link, open } = this;
    this.isClosed = true;
    clearTimeout(this.retry);
    this.changes.complete();
    // A late link is closed as well, and nobody waits for it.
    if (!open) link?.then((late) => late.close()).catch(() => undefined);
    if (!open) return;
    try {
      await within(open.close(), this.parts.closeTimeout, () => new Error('no answer'));
    } catch (error) {
      this.parts.logger.warn(`${this.name} did not close: ${messageOf(error)}`);
    }
  }

  private async connectBy(end: number, events: BrokerEvents): Promise<void> {
    for (;;)
      try {
        // oxlint-disable-next-line no-await-in-loop -- one try after another
        await this.connect(events);
        return;
      } catch (error) {
        const mayHelp = error instanceof BrokerUnavailableException && !this.isClosed;
        if (!mayHelp || performance.now() + START_RETRY >= end) throw error;
        // oxlint-disable-next-line no-await-in-loop
        await delay(START_RETRY);
      }
  }

  private onConnected(link: BrokerLink): BrokerLink {
    this.open = link;
    if (this.lost.size === 0) this.become('ready');
    if (this.status === 'ready') publishReady(this.name, undefined);
    return link;
  }

  private become(status: BrokerStatus): void {
    if (this.isClosed || this.changes.value === status) return;
    this.since = Date.now();
    this.changes.next(status);
  }
}
