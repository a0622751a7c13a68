import type { RoomFilter, RoomKey } from '../brokers/room.broker.js';
import { CloseCode } from '../close/close.code.js';

/** Milliseconds over which connections are closed, so that they do not all reconnect at once. */
const SPREAD = 10_000;

interface Closable {
  close(code?: number, reason?: string): void;
}

export interface Outages {
  membersOf(rooms: RoomFilter | undefined): Iterable<Closable>;
}

/** Closes the members of rooms whose broker is down for too long: other applications may still have theirs. */
export class OutageWatch {
  /** Timers of each outage. */
  private readonly outages = new Map<RoomFilter | undefined, Set<NodeJS.Timeout>>();
  /** Outages that have taken too long. */
  private readonly over = new Set<RoomFilter | undefined>();

  /** @param closeAfter Milliseconds; `undefined`: members stay. */
  constructor(
    private readonly closeAfter: number | undefined,
    private readonly rooms: Outages,
  ) {}

  begin(rooms: RoomFilter | undefined): void {
    const { closeAfter } = this;
    if (closeAfter === undefined) return;
    const timers = new Set<NodeJS.Timeout>();
    this.outages.set(rooms, timers);
    runLater(timers, closeAfter, () => {
      this.over.add(rooms);
      this.closeAll(rooms, timers);
    });
  }

  /** @param rooms `undefined`: all are back. */
  end(rooms: RoomFilter | undefined): void {
    for (const [lost, timers] of this.outages) {
      if (rooms && lost !== rooms) continue;
      for (const timer of timers) clearTimeout(timer);
      this.outages.delete(lost);
      this.over.delete(lost);
    }
  }

  /** Whether this room closes its members, which must not come back while the room gets no messages. */
  isOver(room: RoomKey): boolean {
    for (const rooms of this.over) if (!rooms || rooms(room)) return true;
    return false;
  }

  close(): void {
    this.end(undefined);
  }

  private closeAll(rooms: RoomFilter | undefined, timers: Set<NodeJS.Timeout>): void {
    const members = [...new Set(this.rooms.membersOf(rooms))];
    members.forEach((member, index) =>
      runLater(timers, (SPREAD * index) / members.length, () =>
        member.close(CloseCode.TryAgainLater, 'Try again later'),
      ),
    );
  }
}

function runLater(timers: Set<NodeJS.Timeout>, ms: number, run: () => void): void {
  const timer = setTimeout(() => {
    timers.delete(timer);
    run();
  }, ms).unref();
  timers.add(timer);
}
