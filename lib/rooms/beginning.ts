import type { RoomPosition } from '../brokers/room.broker.js';
import type { HistoryMessage } from './room.message.js';

/** Where a member begins if not with the next message. */
export interface Beginning {
  /** The position before the first of its messages. */
  readonly from: RoomPosition;
  /** Whether that is the client's own position. */
  readonly isContinued: boolean;
  /** The messages to send first, apart from those that the room has. */
  readonly messages: readonly HistoryMessage[];
}
