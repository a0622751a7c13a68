import type { MsgHdrs } from '@nats-io/transport-node';
import type { HistoryStep, RoomKey, RoomPosition } from '../room.broker.js';
import { keptMessageOf, sequenceFrom, stepOf, type KeptMessage } from './kept.message.js';

/**
 * Positions of subscribed rooms, according to the messages delivered here: a live message names its predecessor only by
 * number.
 */
export class LivePlaces {
  private readonly places = new Map<RoomKey, KeptMessage>();

  see(room: RoomKey, message: KeptMessage): void {
    const place = this.places.get(room);
    if (!place || place.sequence < message.sequence) this.places.set(room, message);
  }

  /** The newest sequence; `undefined` if unknown. */
  readonly sequenceOf = (room: RoomKey): number | undefined => this.places.get(room)?.sequence;

  forget(room: RoomKey): void {
    this.places.delete(room);
  }

  /** @returns `undefined` if there is no message to deliver. */
  stepOf(room: RoomKey, message: KeptMessage, sequenceBefore: number): HistoryStep | undefined {
    const place = this.places.get(room);
    const before: RoomPosition | undefined =
      place?.sequence === sequenceBefore ? place.position : undefined;
    this.places.set(room, message);
    return message.isBeginning ? undefined : stepOf(message, before, sequenceBefore);
  }
}

/** What JetStream adds to a message that it sends to subscribers. */
export interface Republished {
  readonly message: KeptMessage;
  /** Sequence of the room's previous message; 0 if there is none. */
  readonly sequenceBefore: number;
}

/** @returns `undefined` if it is not from this subject of this stream: it is not kept. */
export function republishedFrom(
  headers: MsgHdrs | undefined,
  stream: string,
  subject: string,
): Republished | undefined {
  if (headers?.get('Nats-Stream') !== stream || headers.get('Nats-Subject') !== subject)
    return undefined;
  const sequence = sequenceFrom(headers.get('Nats-Sequence'));
  const sequenceBefore = sequenceFrom(headers.get('Nats-Last-Sequence'));
  if (sequence === undefined || sequenceBefore === undefined) return undefined;
  return { message: keptMessageOf(sequence, headers), sequenceBefore };
}
