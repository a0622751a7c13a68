import type { MsgHdrs } from '@nats-io/transport-node';
import { crc32 } from 'node:zlib';
import type { HistoryStep, RoomPosition } from '../room.broker.js';

/** Marks a message that is not delivered: a room has begun. */
export const BEGINNING = 'Revali-Beginning';
export const MESSAGE_ID = 'Nats-Msg-Id';

/** One message of a stream. */
export interface KeptMessage {
  /** In the stream. */
  readonly sequence: number;
  /** The room's position with this message. */
  readonly position: RoomPosition;
  /** Whether it is the place before the first message instead of a message. */
  readonly isBeginning: boolean;
}

/**
 * A tag derived from what the publisher, the readers, and all receivers know of a message: its place and its own id.
 * Two publishers with the same id get the tag of the first.
 */
export function tagOf(sequence: number, id: string): string {
  return crc32(`${sequence} ${id}`).toString(16).padStart(8, '0');
}

/** For an unknown predecessor: no message has this tag, except by accident. */
export const unknownTagBefore = (tag: string): string =>
  (~parseInt(tag, 16) >>> 0).toString(16).padStart(8, '0');

export function keptMessageOf(sequence: number, headers: MsgHdrs | undefined): KeptMessage {
  const tag = tagOf(sequence, headers?.get(MESSAGE_ID) ?? '');
  const isBeginning = headers?.has(BEGINNING) === true;
  return { sequence, position: { offset: isBeginning ? 0 : sequence, tag }, isBeginning };
}

/** @param before `undefined`: not known. @param offset The predecessor's offset, if known. */
export function stepOf(
  { position }: KeptMessage,
  before: RoomPosition | undefined,
  offset: number,
): HistoryStep {
  return {
    ...position,
    prev: before?.tag ?? unknownTagBefore(position.tag),
    prevOffset: before?.offset ?? offset,
  };
}

/** @returns `undefined` if the text is not a sequence of a stream. */
export function sequenceFrom(text: string | undefined): number | undefined {
  if (!text || !/^\d{1,16}$/.test(text)) return undefined;
  const sequence = Number(text);
  return Number.isSafeInteger(sequence) ? sequence : undefined;
}
