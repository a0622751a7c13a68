import type { SlowPolicy } from '../send/send.queue.js';
import type { RoomMessage } from './room.message.js';

/** What becomes of messages for a member that reads too slowly; `undefined`: what its route says. */
export type SlowRule = SlowPolicy | 'catchUp' | undefined;

/** Who is told what is said in a room. */
export interface Recipient {
  /** Its id, where somebody has asked for it: nobody can name it otherwise. */
  readonly knownId: string | undefined;
  /** Whether it has asked for headers, and so can be told of the room itself. */
  readonly takesHeaders: boolean;
  /** @returns False where it reads too slowly and has to catch up: it was not told. */
  deliver(message: RoomMessage, slow: SlowRule): boolean;
  /** What it has missed. @returns When it can take the next; `undefined`: at once. Never rejects. */
  deliverMissed(message: RoomMessage): Promise<void> | undefined;
  /** When it has read enough to be told more; `undefined`: now. Never rejects. */
  drained(): Promise<void> | undefined;
  /** It reads too slowly for what is kept. */
  dropBehind(): void;
  /** Telling it has failed: it pays, and nobody else. Must not throw. */
  onFault(error: unknown): void;
}
