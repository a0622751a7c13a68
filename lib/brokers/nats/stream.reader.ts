import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { keptMessageOf, type KeptMessage } from './kept.message.js';

/** A message as stored. */
export interface StoredMessage extends KeptMessage {
  readonly packet: Buffer;
  /** In ms since 1970, by the server's clock. */
  readonly time: number;
}

/** A message as read. */
export interface ReadMessage extends StoredMessage {
  /** Whether the message read before it is its predecessor. */
  readonly isNext: boolean;
}

/** Messages that are read before the reader checks for messages dropped meanwhile. */
const READ_AT_ONCE = 16;

/** Reads messages of a stream, one subject at a time. */
export class StreamReader {
  constructor(
    private readonly manager: JetStreamManager,
    private readonly stream: string,
    /** Whether each server has everything accepted; otherwise replicas may lag behind, and the leader is asked. */
    private readonly isSingle: boolean,
  ) {}

  /** The newest message of a subject. */
  async newest(subject: string): Promise<StoredMessage | undefined> {
    const { manager, stream } = this;
    const query = { last_by_subj: subject };
    return storedFrom(
      await (this.isSingle
        ? manager.direct.getMessage(stream, query)
        : manager.streams.getMessage(stream, query)),
    );
  }

  /**
   * Oldest first. If all messages up to the last one have been dropped meanwhile, the next one after it is the end.
   *
   * @param from The first sequence.
   * @param to The last one.
   * @param most The number of messages wanted.
   */
  async *between(
    subject: string,
    from: number,
    to: number,
    most: number,
  ): AsyncGenerator<ReadMessage, void, undefined> {
    let before: StoredMessage | undefined;
    for (let next = from; next <= to;) {
      // oxlint-disable-next-line no-await-in-loop -- each says where the next one is looked for
      const messages = await this.some(subject, next, to, Math.min(most, READ_AT_ONCE));
      // oxlint-disable-next-line no-await-in-loop
      const oldest = await this.oldestFor(subject, before ? [before, ...messages] : messages);
      for (const message of messages) {
        yield { ...message, isNext: before !== undefined && isNext(before, message, oldest) };
        before = message;
      }
      if (messages.length === 0) return;
      next = (before?.sequence ?? to) + 1;
    }
  }

  /** Messages of a subject. */
  async count(subject: string): Promise<number> {
    const { state } = await this.manager.streams.info(this.stream, { subjects_filter: subject });
    return state.subjects?.[subject] ?? 0;
  }

  private async some(
    subject: string,
    from: number,
    to: number,
    most: number,
  ): Promise<StoredMessage[]> {
    const messages: StoredMessage[] = [];
    for (let next = from; next <= to && messages.length < most;) {
      // oxlint-disable-next-line no-await-in-loop -- each says where the next one is looked for
      const message = await this.at(subject, next);
      if (!message) break;
      messages.push(message);
      next = message.sequence + 1;
    }
    return messages;
  }

  /**
   * The stream drops the oldest messages first, even while it is read, and a message does not name its predecessor. So
   * nothing after a message that still exists was dropped.
   *
   * @returns The oldest sequence that exists after the read; `Infinity` if none does.
   */
  private async oldestFor(subject: string, messages: readonly StoredMessage[]): Promise<number> {
    const isClear = messages.every(
      ({ sequence }, index) => index === 0 || sequence === (messages[index - 1]?.sequence ?? 0) + 1,
    );
    if (isClear) return 0;
    const { manager, stream } = this;
    const query = { seq: 1, next_by_subj: subject };
    const found = await (this.isSingle
      ? manager.direct.getMessage(stream, query)
      : manager.streams.getMessage(stream, query));
    return found?.seq ?? Infinity;
  }

  /** The first message of a subject from a sequence on. */
  private async at(subject: string, sequence: number): Promise<StoredMessage | undefined> {
    const { manager, stream } = this;
    const query = { seq: sequence, next_by_subj: subject };
    const found = await manager.direct.getMessage(stream, query);
    if (found ?? this.isSingle) return storedFrom(found);
    return storedFrom(await manager.streams.getMessage(stream, query));
  }
}

const isNext = (before: StoredMessage, message: StoredMessage, oldest: number): boolean =>
  message.sequence === before.sequence + 1 || before.sequence >= oldest;

function storedFrom(
  message: Pick<StoredMsg, 'data' | 'header' | 'seq' | 'time'> | null,
): StoredMessage | undefined {
  if (!message) return undefined;
  const { data, header, seq, time } = message;
  return { ...keptMessageOf(seq, header), packet: Buffer.from(data), time: time.getTime() };
}
