import { newTag } from '../position.tag.js';
import type { HistoryLimits, RoomKey, RoomPosition } from '../room.broker.js';
import { readPosition } from './channel.message.js';
import { PUBLISH } from './history.scripts.js';
import type { RedisArgument } from './redis.client.js';
import type { RedisConnection } from './redis.connection.js';
import { failureOf, isAnswer, unavailable } from './redis.errors.js';
import type { RedisNames } from './redis.names.js';
import { isNoScript } from './redis.script.js';
import type { ReplicaWait } from './replica.wait.js';

/** Milliseconds after the first attempt within which a message may be retried. */
const REPEAT_WITHIN = 5_000;
/** Milliseconds by which clocks may differ. */
const CLOCK_MARGIN = 1_000;
/** Milliseconds for other applications to learn that the script is gone, before this one loads it for all. */
const RELOAD_DELAY = 100;
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
  /** Whether it waits for the script. */
  isHeld: boolean;
}

export interface PublisherParts {
  readonly connection: RedisConnection;
  readonly names: RedisNames;
  readonly replicas: ReplicaWait | undefined;
}

/**
 * Publishes messages with history. Messages in progress when the link broke are retried once, in order, when it is
 * back: the server recognizes by tag what it has already accepted.
 */
export class HistoryPublisher {
  /** In call order; messages of a broken link stay. */
  private readonly underWay = new Set<Message>();
  private timer: NodeJS.Timeout | undefined;
  /** Commands without an answer. */
  private flying = 0;
  /** Someone has flushed the script: new messages would overtake those that were refused because of it. */
  private isHolding = false;
  private reload: NodeJS.Timeout | undefined;

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
        isHeld: this.isHolding,
      };
      this.underWay.add(message);
      if (!message.isHeld) void this.send([message], 0);
    });
  }

  /** Call it when the link is back and nothing else has been published over it yet. */
  async repeat(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    clearTimeout(this.reload);
    this.isHolding = false;
    const now = performance.now();
    const rooms = new Map<RoomKey, Message[]>();
    for (const message of this.underWay) {
      if (now - message.sentAt > REPEAT_WITHIN) this.giveUp(message);
      else if (rooms.get(message.room)?.push(message) === undefined)
        rooms.set(message.room, [message]);
      message.isRepeated = true;
      message.isHeld = false;
    }
    const sent: Promise<void>[] = [];
    for (const messages of rooms.values())
      for (let start = 0; start < messages.length; start += BATCH) {
        const batch = messages.slice(start, start + BATCH);
        sent.push(this.send(batch, windowOf(batch[0], now)));
      }
    await Promise.all(sent);
  }

  /** Stops all retries. */
  close(): void {
    clearTimeout(this.timer);
    clearTimeout(this.reload);
    for (const message of this.underWay) this.giveUp(message);
  }

  /**
   * All messages are of one room. @param window Milliseconds within which they may have been accepted. 0: they are new.
   */
  private async send(messages: readonly Message[], window: number): Promise<void> {
    const { connection, replicas } = this.parts;
    const [first] = messages;
    if (!first) return;
    this.flying += 1;
    try {
      const running = PUBLISH.runLoaded(connection, this.keysOf(first, messages), [
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
      if (isNoScript(error)) this.hold(messages);
      else for (const message of messages) this.onFailed(message, error);
    } finally {
      this.flying -= 1;
      if (this.isHolding && this.flying === 0) this.loadLater();
    }
  }

  private hold(messages: readonly Message[]): void {
    this.isHolding = true;
    for (const message of messages) message.isHeld = this.underWay.has(message);
  }

  private loadLater(): void {
    clearTimeout(this.reload);
    this.reload = setTimeout(() => void this.sendHeld(), RELOAD_DELAY);
  }

  /** In call order. Messages of a broken link are repeated instead. */
  private async sendHeld(): Promise<void> {
    let failure: unknown;
    await PUBLISH.load(this.parts.connection).catch((error: unknown) => (failure = error));
    if (!this.isHolding) return;
    this.isHolding = false;
    const now = performance.now();
    for (const message of this.underWay) {
      if (!message.isHeld) continue;
      message.isHeld = false;
      if (failure) this.onFailed(message, failure);
      else void this.send([message], message.isRepeated ? windowOf(message, now) : 0);
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
    // The server has answered, or the link has broken twice.
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

/** Milliseconds within which a message, or one after it, may have been accepted. */
const windowOf = (oldest: Message | undefined, now: number): number =>
  now - (oldest?.sentAt ?? now) + CLOCK_MARGIN;

/** @returns `undefined` if the server cannot know. */
function positionIn(answers: unknown, index: number): RoomPosition | undefined {
  const answer: unknown = Array.isArray(answers) ? answers[index] : undefined;
  return Buffer.isBuffer(answer) ? readPosition(answer.toString('latin1')) : undefined;
}
