import type { RoomFilter } from '../brokers/room.broker.js';
import { CloseCode } from '../close/close.code.js';

/** Milliseconds over which connections are closed, so that they do not come back at once. */
const SPREAD = 10_000;

interface Closable {
  close(code?: number, reason?: string): void;
}

export interface Outages {
  membersOf(rooms: RoomFilter | undefined): Iterable<Closable>;
}

/** Closes the members of rooms whose broker is gone for too long: other applications may still have theirs. */
export class OutageWatch {
  private readonly timers = new Map<RoomFilter | undefined, NodeJS.Timeout>();
  private readonly closing = new Set<NodeJS.Timeout>();

  /** @param closeAfter Milliseconds; `undefined`: members stay. */
  constructor(
    private readonly closeAfter: number | undefined,
    private readonly rooms: Outages,
  ) {}

  begin(rooms: RoomFilter | undefined): void {
    const { closeAfter } = this;
    if (closeAfter === undefined) return;
    this.timers.set(rooms, setTimeout(() => this.closeAll(rooms), closeAfter).unref());
  }

  end(rooms: RoomFilter | undefined): void {
    clearTimeout(this.timers.get(rooms));
    this.timers.delete(rooms);
    if (this.timers.size === 0) this.stopClosing();
  }

  close(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.stopClosing();
  }

  private stopClosing(): void {
    for (const timer of this.closing) clearTimeout(timer);
    this.closing.clear();
  }

  private closeAll(rooms: RoomFilter | undefined): void {
    const members = [...new Set(this.rooms.membersOf(rooms))];
    members.forEach((member, index) => {
      const timer = setTimeout(
        () => {
          this.closing.delete(timer);
          member.close(CloseCode.TryAgainLater, 'Try again later');
        },
        (SPREAD * index) / members.length,
      ).unref();
      this.closing.add(timer);
    });
  }
}
