import type { SlowPolicy } from '../send/send.queue.js';
import type { RoomMessage } from './room.message.js';

/** What happens to messages for a member that reads too slowly; `undefined`: the policy of its route. */
export type SlowRule = SlowPolicy | 'catchUp' | undefined;

/** Receives the messages of a room. */
export interface Recipient {
  /** Its id, if anyone has read it: otherwise nobody can name it. */
  readonly knownId: string | undefined;
  /** Whether it asked for headers, and so can get notices about the room itself. */
  readonly takesHeaders: boolean;
  /** @returns False if it reads too slowly and has to catch up: it did not get the message. */
  deliver(message: RoomMessage, slow: SlowRule): boolean;
  /** Delivers a missed message. @returns When it can take the next; `undefined`: at once. Never rejects. */
  deliverMissed(message: RoomMessage): Promise<void> | undefined;
  /** When it has read enough to take more; `undefined`: now. Never rejects. */
  drained(): Promise<void> | undefined;
  /** It is further behind than the history goes back. */
  dropBehind(): void;
  /** A delivery failed: only this recipient bears the consequences. Must not throw. */
  onFault(error: unknown): void;
}
