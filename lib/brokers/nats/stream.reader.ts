import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { keptMessageOf, type KeptMessage } from './kept.message.js';

/** A message as it was kept. */
export interface StoredMessage extends KeptMessage {
  readonly packet: Buffer;
  /** In ms since 1970, by the clock of the server. */
  readonly time: number;
}

/** Reads messages of a stream, one subject of it at a time. */
export class StreamReader {
  constructor(
    private readonly manager: JetStreamManager,
    private readonly stream: string,
    /** Whether each server has all that is accepted: else one may lag behind, and the leader is asked. */
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

  /** Oldest first. @param from The first sequence. @param to The last one, which is there. */
  async *between(
    subject: string,
    from: number,
    to: number,
  ): AsyncGenerator<StoredMessage, void, undefined> {
    for (let next = from; next <= to;) {
      // oxlint-disable-next-line no-await-in-loop -- each says where the next one is looked for
      const message = await this.at(subject, next);
      if (!message || message.sequence > to) return;
      yield message;
      next = message.sequence + 1;
    }
  }

  /** Messages of a subject. */
  async count(subject: string): Promise<number> {
    const { state } = await this.manager.streams.info(this.stream, { subjects_filter: subject });
    return state.subjects?.[subject] ?? 0;
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

function storedFrom(
  message: Pick<StoredMsg, 'data' | 'header' | 'seq' | 'time'> | null,
): StoredMessage | undefined {
  if (!message) return undefined;
  const { data, header, seq, time } = message;
  return { ...keptMessageOf(seq, header), packet: Buffer.from(data), time: time.getTime() };
}
