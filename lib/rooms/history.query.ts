import type { RoomKey } from '../brokers/room.broker.js';
import type { HistoryQuery, RoomHistory } from '../handles/room.handle.js';
import type { HistoryReader } from './history.reader.js';
import type { RoomKind } from './room.kind.js';
import { decodePacket } from './room.packet.js';
import { follows, isSame, positionFrom, writePosition } from './room.position.js';

const DEFAULT_LIMIT = 100;

/** @throws What the broker rejects with; RangeError for an invalid limit. */
export async function readHistory(
  reader: Pick<HistoryReader, 'read'>,
  key: RoomKey,
  kind: RoomKind,
  query: HistoryQuery,
): Promise<RoomHistory> {
  const { limit = DEFAULT_LIMIT } = query;
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new RangeError(`limit: ${limit} is not a number of messages`);
  const after = positionFrom(query.after);
  const { entries, last } = await reader.read(key, after, limit);
  const [first] = entries;
  const messages = entries.flatMap(({ step, packet }) => {
    const decoded = decodePacket(packet);
    return decoded ? [{ position: writePosition(step), message: kind.decode(decoded) }] : [];
  });
  const goesOn = !after || (first ? follows(first.step, after) : isSame(last, after));
  // A later version may have written messages that this one cannot read.
  const isComplete = goesOn && messages.length === entries.length;
  return { messages, position: writePosition(last), isComplete };
}
