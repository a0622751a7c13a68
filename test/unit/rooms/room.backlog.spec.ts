import type { HistoryEntry, HistoryPage } from '../../../lib/brokers/room.broker.js';
import { RoomBacklog } from '../../../lib/rooms/room.backlog.js';
import { encodePacket } from '../../../lib/rooms/room.packet.js';

const KB = 1024;
const tagOf = (offset: number): string => offset.toString().padStart(8, '0');

/** Twenty messages of so many bytes. */
function backlogOf(bytes: number): RoomBacklog {
  const entries = Array.from({ length: 20 }, (_, index): HistoryEntry => {
    const offset = index + 1;
    const packet = encodePacket('x'.repeat(bytes), []);
    return { step: { offset, tag: tagOf(offset), prev: tagOf(index) }, packet, time: 0 };
  });
  const read = async (_room: string, after?: { offset: number }): Promise<HistoryPage> => ({
    entries: entries.slice(after?.offset ?? 0),
    last: { offset: 20, tag: tagOf(20) },
  });
  return new RoomBacklog('chat/blue', { messages: 100, read, onFailedRead: () => undefined });
}

describe('What a room reads for one member', () => {
  const start = { offset: 0, tag: tagOf(0) };

  it('is all of a page of small messages', async () => {
    expect(await backlogOf(KB).someAfter(start)).toHaveLength(20);
  });

  it('is no more than 256 KiB of large ones', async () => {
    const messages = (await backlogOf(60 * KB).someAfter(start)) ?? [];
    expect(messages).toHaveLength(4);
    const next = messages.at(-1)?.step ?? start;
    expect((await backlogOf(60 * KB).someAfter(next))?.[0]?.step.offset).toBe(5);
  });

  it('is at least one message', async () => {
    expect(await backlogOf(400 * KB).missedAfter(start)).toHaveLength(1);
  });

  it('is nothing at the end, and not known in another history', async () => {
    expect(await backlogOf(KB).missedAfter({ offset: 20, tag: tagOf(20) })).toEqual([]);
    expect(await backlogOf(KB).missedAfter({ offset: 20, tag: 'ffffffff' })).toBeUndefined();
    expect(await backlogOf(KB).someAfter({ offset: 3, tag: 'ffffffff' })).toBeUndefined();
  });
});
