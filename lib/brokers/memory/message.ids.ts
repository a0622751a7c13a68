import type { PublishReceipt, RoomKey } from '../room.broker.js';

/** Milliseconds that an id is remembered. */
const AGE = 2 * 60 * 1_000;
/** Bounds the memory if too many ids come in that time. */
const MAX_IDS = 1_000_000;

interface Acceptance {
  readonly room: RoomKey;
  readonly receipt: PublishReceipt;
  readonly time: number;
}

/** The messages that were accepted under an id of their own, oldest first. */
export class MessageIds {
  private readonly acceptances = new Map<string, Acceptance>();

  get size(): number {
    return this.acceptances.size;
  }

  receiptOf(room: RoomKey, id: string): PublishReceipt | undefined {
    this.sweep(Date.now());
    return this.acceptances.get(keyOf(room, id))?.receipt;
  }

  remember(room: RoomKey, id: string, receipt: PublishReceipt): void {
    this.acceptances.set(keyOf(room, id), { room, receipt, time: Date.now() });
  }

  /** Acts as if messages of the room after this one had never been accepted. */
  forgetAfter(room: RoomKey, offset: number): void {
    for (const [key, acceptance] of this.acceptances)
      if (acceptance.room === room && (acceptance.receipt.position?.offset ?? 0) > offset)
        this.acceptances.delete(key);
  }

  clear(): void {
    this.acceptances.clear();
  }

  sweep(now: number): void {
    for (const [key, { time }] of this.acceptances) {
      if (now - time < AGE && this.acceptances.size <= MAX_IDS) return;
      this.acceptances.delete(key);
    }
  }
}

/** Includes the length, because both may contain any character. */
const keyOf = (room: RoomKey, id: string): string => `${room.length}:${room}${id}`;
