import type { RoomKey } from '../brokers/room.broker.js';

/** Reads in progress at once. */
const MAX_READS = 64;
/** Reads of one room: a room that gets no answer must not hold up others. */
const MAX_OF_ROOM = 8;
/** Reads that may wait for their turn. */
const MAX_WAITING = 10_000;

interface Waiting {
  readonly room: RoomKey;
  readonly go: () => void;
}

/** Admits a limited number of reads at a time, and few of one room. */
export class ReadGate {
  private readonly ofRooms = new Map<RoomKey, number>();
  private waiting: Waiting[] = [];
  private reads = 0;

  /** Reads, including those that wait. */
  get size(): number {
    return this.reads + this.waiting.length;
  }

  /**
   * @param ms How long to wait for a turn.
   * @returns Ends the turn.
   * @throws The error from `refuse`, if too many wait, or none ends in time.
   */
  async enter(room: RoomKey, ms: number, refuse: () => Error): Promise<() => void> {
    if (!this.hasRoomFor(room)) await this.wait(room, ms, refuse);
    this.reads += 1;
    this.ofRooms.set(room, this.readsOf(room) + 1);
    return () => this.leave(room);
  }

  private wait(room: RoomKey, ms: number, refuse: () => Error): Promise<void> {
    if (this.waiting.length >= MAX_WAITING) return Promise.reject(refuse());
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        room,
        go: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((each) => each !== waiting);
        reject(refuse());
      }, ms);
      this.waiting.push(waiting);
    });
  }

  private leave(room: RoomKey): void {
    const left = this.readsOf(room) - 1;
    if (left > 0) this.ofRooms.set(room, left);
    else this.ofRooms.delete(room);
    this.reads -= 1;
    const index = this.waiting.findIndex((each) => this.hasRoomFor(each.room));
    // It counts once it gets its turn, which is at once.
    this.waiting.splice(index, index < 0 ? 0 : 1)[0]?.go();
  }

  private hasRoomFor(room: RoomKey): boolean {
    return this.reads < MAX_READS && this.readsOf(room) < MAX_OF_ROOM;
  }

  private readsOf(room: RoomKey): number {
    return this.ofRooms.get(room) ?? 0;
  }
}
