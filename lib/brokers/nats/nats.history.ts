import type {
  HistoryEntry,
  HistoryPage,
  HistoryStore,
  RoomKey,
  RoomPosition,
} from '../room.broker.js';
import { stepOf, type KeptMessage } from './kept.message.js';
import type { KindStream } from './kind.streams.js';
import type { StoredMessage, StreamReader } from './stream.reader.js';

export interface NatsHistoryParts {
  readonly streamOf: (room: RoomKey) => Promise<KindStream>;
  readonly readerOf: (stream: KindStream) => StreamReader;
  readonly subjectOf: (room: RoomKey) => string;
  /** Gives a room its first position. @returns `undefined` if someone else was faster. */
  readonly begin: (room: RoomKey) => Promise<KeptMessage | undefined>;
  /** Reports a room's position. */
  readonly onSeen: (room: RoomKey, newest: KeptMessage) => void;
  /** Milliseconds since 1970, by the server's clock. */
  readonly now: () => number;
  /** Rejects as soon as no answer can come. */
  readonly ask: <T>(rooms: readonly RoomKey[], work: () => Promise<T>) => Promise<T>;
}

/** JetStream's history of rooms. */
export class NatsHistory implements HistoryStore {
  constructor(private readonly parts: NatsHistoryParts) {}

  read(room: RoomKey, after: RoomPosition | undefined, limit: number): Promise<HistoryPage> {
    return this.parts.ask([room], async () => {
      const stream = await this.parts.streamOf(room);
      const newest = await this.newest(stream, room);
      const entries = limit > 0 ? await this.entries(stream, room, newest, after, limit) : [];
      const end = entries.at(-1)?.step;
      // The newest message may have been dropped while the others were read.
      const last =
        end && end.offset > newest.sequence
          ? { offset: end.offset, tag: end.tag }
          : newest.position;
      return { entries, last };
    });
  }

  positions(rooms: readonly RoomKey[]): Promise<readonly RoomPosition[]> {
    const positionOf = async (room: RoomKey): Promise<RoomPosition> => {
      const stream = await this.parts.streamOf(room);
      return (await this.newest(stream, room)).position;
    };
    return this.parts.ask(rooms, () => Promise.all(rooms.map(positionOf)));
  }

  private async newest(stream: KindStream, room: RoomKey): Promise<KeptMessage> {
    const { begin, onSeen, readerOf, subjectOf } = this.parts;
    const find = (): Promise<KeptMessage | undefined> => readerOf(stream).newest(subjectOf(room));
    const newest = (await find()) ?? (await begin(room)) ?? (await find());
    if (!newest) throw new Error(`the room ${room} both exists and does not exist`);
    onSeen(room, newest);
    return newest;
  }

  private async entries(
    stream: KindStream,
    room: RoomKey,
    newest: KeptMessage,
    after: RoomPosition | undefined,
    limit: number,
  ): Promise<HistoryEntry[]> {
    const reader = this.parts.readerOf(stream);
    const subject = this.parts.subjectOf(room);
    const oldestTime = this.parts.now() - stream.limits.age;
    const isInFront = async ({ sequence, isBeginning }: StoredMessage): Promise<boolean> =>
      isBeginning ||
      sequence === after?.offset ||
      // It is kept to know the predecessor of the next.
      (await reader.count(subject)) > stream.limits.messages;
    const entries: HistoryEntry[] = [];
    let before: RoomPosition | undefined;
    let isFirst = true;
    const from = Math.max(1, after?.offset ?? 1);
    for await (const message of reader.between(subject, from, newest.sequence, limit + 1)) {
      const { isNext, packet, position, time } = message;
      const isTold = !(isFirst ? await isInFront(message) : message.isBeginning);
      if (isTold && time > oldestTime)
        entries.push({ step: stepOf(message, isNext ? before : undefined, 0), packet, time });
      before = position;
      isFirst = false;
      if (after && entries.length >= limit) break;
    }
    return entries.slice(-limit);
  }
}
