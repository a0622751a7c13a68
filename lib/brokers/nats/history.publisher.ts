import { headers, nuid, type NatsConnection } from '@nats-io/transport-node';
import { createHash } from 'node:crypto';
import type { HistoryLimits, RoomKey, RoomPosition } from '../room.broker.js';
import { ackFrom, WRONG_LAST_SEQUENCE, type Ack } from './jet.stream.ack.js';
import { BEGINNING, MESSAGE_ID, tagOf, type KeptMessage } from './kept.message.js';
import { isNoResponders, LinkLostError, unavailable } from './nats.errors.js';

/** Milliseconds after the first attempt within which a message may be retried. */
const REPEAT_WITHIN = 5_000;
/** Milliseconds that JetStream may take to answer. */
const TIMEOUT = 5_000;
const EXPECTED_LAST = 'Nats-Expected-Last-Subject-Sequence';

interface Message {
  readonly room: RoomKey;
  readonly packet: Uint8Array;
  readonly id: string;
  readonly sentAt: number;
  readonly resolve: (position: RoomPosition) => void;
  readonly reject: (error: unknown) => void;
  isRepeated: boolean;
}

export interface HistoryPublisherParts {
  /** @throws BrokerUnavailableException */
  readonly connection: () => NatsConnection;
  readonly during: <T>(work: Promise<T>) => Promise<T>;
  readonly subjectOf: (room: RoomKey) => string;
  /** Creates the room's stream if it is missing. */
  readonly prepare: (room: RoomKey, limits: HistoryLimits | undefined) => Promise<unknown>;
  /** Nothing keeps what is published in the room. */
  readonly onMissing: (room: RoomKey) => void;
}

/**
 * Publishes messages with history. Messages in progress when the link broke are retried once, in order, when it is
 * back: JetStream recognizes by id what it has already accepted.
 */
export class HistoryPublisher {
  /** In call order; messages of a broken link stay. */
  private readonly underWay = new Set<Message>();
  private readonly promises = new Set<Promise<RoomPosition>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: HistoryPublisherParts) {}

  /** @throws BrokerUnavailableException (as a rejection) */
  async publish(
    room: RoomKey,
    packet: Uint8Array,
    limits: HistoryLimits,
    id: string | undefined,
  ): Promise<RoomPosition> {
    await this.parts.prepare(room, limits);
    const accepted = new Promise<RoomPosition>((resolve, reject) => {
      const message: Message = {
        room,
        packet,
        resolve,
        reject,
        id: id === undefined ? nuid.next() : messageIdOf(room, id),
        sentAt: performance.now(),
        isRepeated: false,
      };
      this.underWay.add(message);
      void this.send(message);
    });
    this.promises.add(accepted);
    try {
      return await accepted;
    } finally {
      this.promises.delete(accepted);
    }
  }

  /** @returns `undefined` if the room already has a message. */
  async begin(room: RoomKey): Promise<KeptMessage | undefined> {
    const id = nuid.next();
    const { sequence, error } = await this.request(room, new Uint8Array(), [
      [MESSAGE_ID, id],
      [EXPECTED_LAST, '0'],
      [BEGINNING, '1'],
    ]);
    if (error?.code === WRONG_LAST_SEQUENCE) return undefined;
    if (error) throw unavailable(error.text, 'refused');
    return { sequence, position: { offset: 0, tag: tagOf(sequence, id) }, isBeginning: true };
  }

  /** The link has broken: messages in progress wait for the next one. */
  wait(): void {
    this.timer ??= setTimeout(() => this.giveUp(), REPEAT_WITHIN).unref();
  }

  /** Call it when the link is back and nothing else has been published over it yet. */
  repeat(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const now = performance.now();
    for (const message of this.underWay) {
      if (message.isRepeated || now - message.sentAt > REPEAT_WITHIN) {
        this.fail(message, new LinkLostError());
      } else {
        message.isRepeated = true;
        void this.send(message);
      }
    }
  }

  /** Resolves when everything published so far is accepted, or never will be. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.promises);
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.giveUp();
  }

  private giveUp(): void {
    this.timer = undefined;
    for (const message of this.underWay) this.fail(message, new LinkLostError());
  }

  private fail(message: Message, error: unknown): void {
    this.underWay.delete(message);
    message.reject(error);
  }

  private async send(message: Message): Promise<void> {
    const { room, packet, id } = message;
    try {
      const { sequence, error } = await this.request(room, packet, [[MESSAGE_ID, id]]);
      if (error) throw unavailable(error.text, 'refused');
      this.underWay.delete(message);
      message.resolve({ offset: sequence, tag: tagOf(sequence, id) });
    } catch (error) {
      if (!(error instanceof LinkLostError) || message.isRepeated) this.fail(message, error);
    }
  }

  private async request(
    room: RoomKey,
    packet: Uint8Array,
    fields: readonly (readonly [string, string])[],
  ): Promise<Ack> {
    const { connection, during, onMissing, subjectOf } = this.parts;
    const marks = headers();
    for (const [name, value] of fields) marks.set(name, value);
    try {
      const options = { headers: marks, timeout: TIMEOUT };
      return ackFrom(await during(connection().request(subjectOf(room), packet, options)));
    } catch (error) {
      if (!isNoResponders(error)) throw error;
      onMissing(room);
      throw unavailable('JetStream does not answer', 'refused', error);
    }
  }
}

/** Ids are unique within a room, and may contain characters that headers do not allow. */
const messageIdOf = (room: RoomKey, id: string): string =>
  createHash('sha256').update(`${room.length}:${room}${id}`).digest('base64url').slice(0, 22);
