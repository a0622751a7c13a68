import type { HistoryEntry, HistoryPage, RoomKey, RoomPosition } from '../brokers/room.broker.js';
import { HistoryMessage } from './room.message.js';
import { decodePacket } from './room.packet.js';
import { follows, isSame, positionBefore } from './room.position.js';

/** Messages per read. */
export const PAGE = 32;
/** Bytes of a page that are held for one member. The rest is read again once the member has read these. */
const MAX_HELD = 256 * 1024;
/** Milliseconds until a failed read is retried. */
const RETRY_DELAY = 1_000;

export interface BacklogParts {
  /** Messages that the broker keeps. */
  readonly messages: number;
  readonly read: (
    room: RoomKey,
    after: RoomPosition | undefined,
    limit: number,
  ) => Promise<HistoryPage>;
  readonly onFailedRead: (error: unknown) => void;
}

interface Retry {
  readonly timer: NodeJS.Timeout;
  readonly go: () => void;
  readonly over: Promise<void>;
}

/** The messages of one room that the broker has kept. */
export class RoomBacklog {
  /** Reads in progress, keyed by their first offset: many members at one place share a read. */
  private flights: Map<number, Promise<HistoryPage>> | undefined;
  private retry: Retry | undefined;
  private isClosed = false;

  constructor(
    private readonly key: RoomKey,
    private readonly parts: BacklogParts,
  ) {}

  /** @throws What the broker rejects with. */
  async after(position: RoomPosition): Promise<HistoryPage> {
    const { offset } = position;
    const underWay = this.flights?.get(offset);
    // An empty read may have started before the broker accepted what the caller knows of.
    if (underWay && (await underWay).entries.length > 0) return underWay;
    return this.flights?.get(offset) ?? this.read(position);
  }

  /** Starts a new read, and retries until the broker answers. Never rejects. @returns As `certainly()` */
  certainlyAfter(position: RoomPosition): Promise<HistoryPage | undefined> {
    return this.certainly(() => this.read(position));
  }

  /** @returns As `someAfter()`. Never rejects. */
  async missedAfter(position: RoomPosition): Promise<HistoryMessage[] | undefined> {
    const page = await this.certainly(() => this.after(position));
    return page && this.messagesOf(page, position);
  }

  /** @returns The position before the newest messages; `undefined` if there are none. @throws as `after()` */
  async beforeNewest(count: number): Promise<RoomPosition | undefined> {
    const limit = Math.min(count, this.parts.messages);
    const { entries } = await this.parts.read(this.key, undefined, limit);
    const [first] = entries;
    return first && positionBefore(first.step);
  }

  /**
   * @returns Some of the messages after a position, or none at the end; `undefined` if they are no longer kept. @throws
   * as `after()`
   */
  async someAfter(position: RoomPosition): Promise<HistoryMessage[] | undefined> {
    // A read in progress may have started before the broker had this position.
    const mayBeOld = this.flights?.has(position.offset) === true;
    const messages = this.messagesOf(await this.after(position), position);
    return messages || !mayBeOld ? messages : this.messagesOf(await this.read(position), position);
  }

  close(): void {
    this.isClosed = true;
    if (!this.retry) return;
    clearTimeout(this.retry.timer);
    this.retry.go();
  }

  private read(position: RoomPosition): Promise<HistoryPage> {
    const { offset } = position;
    const flights = (this.flights ??= new Map<number, Promise<HistoryPage>>());
    const read = this.parts.read(this.key, position, PAGE).finally(() => {
      if (flights.get(offset) === read) flights.delete(offset);
      if (flights.size === 0 && this.flights === flights) this.flights = undefined;
    });
    flights.set(offset, read);
    return read;
  }

  /** @returns `undefined` if nobody needs the result any more. */
  private async certainly(read: () => Promise<HistoryPage>): Promise<HistoryPage | undefined> {
    while (!this.isClosed) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- until the broker answers
        return await read();
      } catch (error) {
        if (this.isClosed) return undefined;
        this.parts.onFailedRead(error);
      }
      // oxlint-disable-next-line no-await-in-loop
      await this.retryDelay();
    }
    return undefined;
  }

  private messagesOf(page: HistoryPage, after: RoomPosition): HistoryMessage[] | undefined {
    const { entries, last } = page;
    if (entries.length === 0) return isSame(last, after) ? [] : undefined;
    const messages: HistoryMessage[] = [];
    let at = after;
    let bytes = 0;
    for (const entry of entries) {
      if (!follows(entry.step, at)) return undefined;
      at = entry.step;
      bytes += entry.packet.length;
      if (bytes > MAX_HELD && messages.length > 0) return messages;
      messages.push(this.messageOf(entry));
    }
    return messages;
  }

  private messageOf({ step, packet }: HistoryEntry): HistoryMessage {
    return new HistoryMessage(this.key, decodePacket(packet), step);
  }

  /** One timer for everyone who waits. */
  private retryDelay(): Promise<void> {
    if (this.retry) return this.retry.over;
    let go = (): void => undefined;
    const over = new Promise<void>((resolve) => (go = resolve));
    const timer = setTimeout(() => {
      this.retry = undefined;
      go();
    }, RETRY_DELAY).unref();
    this.retry = { timer, go, over };
    return over;
  }
}
