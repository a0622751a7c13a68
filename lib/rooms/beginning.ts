import type { RoomPosition } from '../brokers/room.broker.js';
import type { HistoryMessage } from './room.message.js';

/** Where a member begins that does not begin with the next message. */
export interface Beginning {
  /** In front of the first of its messages. */
  readonly from: RoomPosition;
  /** Whether that is where the client was. */
  readonly isContinued: boolean;
  /** What it is sent first, as far as the room does not have it. */
  readonly messages: readonly HistoryMessage[];
}
