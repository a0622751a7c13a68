import type { HistoryLimits, RoomKey, RoomPosition } from '../room.broker.js';
import { newTag, readPosition } from './channel.message.js';
import { failureOf, isAnswer, unavailable } from './redis.errors.js';
import type { RedisArgument } from './redis.client.js';
import type { RedisConnection } from './redis.connection.js';
import type { RedisNames } from './redis.names.js';
import { PUBLISH } from './history.scripts.js';
import type { ReplicaWait } from './replica.wait.js';

/** Milliseconds from the first try within which a message may be tried again. */
const REPEAT_WITHIN = 5_000;
/** Milliseconds that clocks may differ from each other. */
const CLOCK_MARGIN = 1_000;
/** Messages in one command. */
const BATCH = 256;

interface Message {
  readonly room: RoomKey;
  readonly packet: Buffer;
  readonly limits: HistoryLimits;
  readonly id: string | undefined;
  readonly tag: string;
  readonly sentAt: number;
  readonly resolve: (position: RoomPosition) => void;
  readonly reject: (error: unknown) => void;
  isRepeated: boolean;
}

export interface PublisherParts {
  readonly connection: RedisConnection;
  readonly names: RedisNames;
  readonly replicas: ReplicaWait | undefined;
}

/**
 * Publishes what is kept. What was under way when the link broke is tried once more, in its order, when it is back: the
 * server finds by its tag what it has accepted already.
 */
export class HistoryPublisher {
  /** In the order of their calls; those that a broken link has left stay. */
  private readonly underWay = new Set<Message>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: PublisherParts) {}

  /** @throws BrokerUnavailableException (as a rejection) */
  publish(
    room: RoomKey,
    packet: Buffer,
    limits: HistoryLimits,
    id: string | undefined,
  ): Promise<RoomPosition> {
    return new Promise((resolve, reject) => {
      const message: Message = {
        room,
        packet,
        limits,
        id,
        resolve,
        reject,
        tag: newTag(),
        sentAt: performance.now(),
        isRepeated: false,
      };
      this.underWay.add(message);
      void this.send([message], 0);
    });
  }

  /** The link is there again, and nothing else has been published over it yet. */
  async repeat(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const now = performance.now();
    const rooms = new Map<RoomKey, Message[]>();
    for (const message of this.underWay) {
      if (now - message.sentAt > REPEAT_WITHIN) this.giveUp(message);
      else rooms.set(message.room, [...(rooms.get(message.room) ?? []), message]);
      message.isRepeated = true;
    }
    const sent: Promise<void>[] = [];
    for (const messages of rooms.values())
      for (let start = 0; start < messages.length; start += BATCH) {
        const batch = messages.slice(start, start + BATCH);
        const oldest = batch[0]?.sentAt ?? now;
        sent.push(this.send(batch, now - oldest + CLOCK_MARGIN));
      }
    await Promise.all(sent);
  }

  /** Nothing is tried any more. */
  close(): void {
    clearTimeout(this.timer);
    for (const message of this.underWay) this.giveUp(message);
  }

  /** All are of one room. @param window Milliseconds within which they may have been accepted. 0: they are new. */
  private async send(messages: readonly Message[], window: number): Promise<void> {
    const { connection, replicas } = this.parts;
    const [first] = messages;
    if (!first) return;
    try {
      const running = PUBLISH.run(connection, this.keysOf(first, messages), [
        ...this.headOf(first, window),
        ...messages.flatMap(({ tag, packet, id }) => [tag, packet, id === undefined ? '0' : '1']),
      ]);
      // Sent right after it, over the same connection.
      const copied = replicas?.confirm();
      copied?.catch(() => undefined);
      const answers = await running;
      const positions = messages.map((_, index) => positionIn(answers, index));
      await copied;
      messages.forEach((message, index) => this.settle(message, positions[index]));
    } catch (error) {
      for (const message of messages) this.onFailed(message, error);
    }
  }

  private keysOf({ room }: Message, messages: readonly Message[]): string[] {
    const { names } = this.parts;
    const meta = names.meta(room);
    const ids = messages.map(({ id }) => (id === undefined ? meta : names.id(room, id)));
    return [meta, names.stream(room), ...ids];
  }

  private headOf({ room, limits }: Message, window: number): RedisArgument[] {
    const { messages, age } = limits;
    return [this.parts.names.channel(room), newTag(), messages, age, Math.ceil(window)];
  }

  private settle(message: Message, position: RoomPosition | undefined): void {
    this.underWay.delete(message);
    if (position) message.resolve(position);
    else
      message.reject(unavailable('its history does not tell whether it was accepted', 'unknown'));
  }

  private onFailed(message: Message, error: unknown): void {
    const failure = failureOf(error);
    // A server that has answered, or a link that has broken twice.
    const isOver = isAnswer(error) || failure === error || message.isRepeated;
    if (isOver || failure.outcome === 'refused') {
      this.underWay.delete(message);
      message.reject(failure);
      return;
    }
    // The link may not come back in time.
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      for (const broken of this.underWay) this.giveUp(broken);
    }, REPEAT_WITHIN).unref();
  }

  private giveUp(message: Message): void {
    if (!this.underWay.delete(message)) return;
    message.reject(unavailable('the link broke before the answer came', 'unknown'));
  }
}

/** @returns `undefined` where the server cannot know. */
function positionIn(answers: unknown, index: number): RoomPosition | undefined {
  const answer: unknown = Array.isArray(answers) ? answers[index] : undefined;
  return Buffer.isBuffer(answer) ? readPosition(answer.toString('latin1')) : undefined;
}
