import type { MsgHdrs } from '@nats-io/transport-node';
import type { HistoryStep, RoomKey, RoomPosition } from '../room.broker.js';
import { keptMessageOf, sequenceFrom, stepOf, type KeptMessage } from './kept.message.js';

/** Where rooms that are subscribed are, as far as has been told here: a live message names the one before by its number alone. */
export class LivePlaces {
  private readonly places = new Map<RoomKey, KeptMessage>();

  see(room: RoomKey, message: KeptMessage): void {
    const place = this.places.get(room);
    if (!place || place.sequence < message.sequence) this.places.set(room, message);
  }

  /** The newest sequence; `undefined` where none is known. */
  readonly sequenceOf = (room: RoomKey): number | undefined => this.places.get(room)?.sequence;

  forget(room: RoomKey): void {
    this.places.delete(room);
  }

  /** @returns `undefined` for what tells of no message. */
  stepOf(room: RoomKey, message: KeptMessage, sequenceBefore: number): HistoryStep | undefined {
    const place = this.places.get(room);
    const before: RoomPosition | undefined =
      place?.sequence === sequenceBefore ? place.position : undefined;
    this.places.set(room, message);
    return message.isBeginning ? undefined : stepOf(message, before, sequenceBefore);
  }
}

/** What JetStream says of a message that it tells to those who have subscribed. */
export interface Republished {
  readonly message: KeptMessage;
  /** Of the room's message before; 0 where there is none. */
  readonly sequenceBefore: number;
}

/** @returns `undefined` for what does not come from this subject of this stream: it is not kept. */
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
