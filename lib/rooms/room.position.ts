import type { HistoryStep, RoomPosition } from '../brokers/room.broker.js';
import type { Position } from '../handles/room.handle.js';

/** No separator of positions, rooms or lists is in its alphabet. */
const POSITION = /^([0-9a-z]{1,11})\.([0-9a-f]{8})$/;
const RADIX = 36;

/** As clients and applications have it. */
export function writePosition({ offset, tag }: RoomPosition): Position {
  return `${offset.toString(RADIX)}.${tag}`;
}

/** @returns `undefined` for what no room has given. */
export function readPosition(text: unknown): RoomPosition | undefined {
  const [, digits = '', tag = ''] = (typeof text === 'string' && POSITION.exec(text)) || [];
  const offset = parseInt(digits, RADIX);
  return Number.isSafeInteger(offset) ? { offset, tag } : undefined;
}

export function isSame(one: RoomPosition, other: RoomPosition): boolean {
  return one.offset === other.offset && one.tag === other.tag;
}

/** Of the message in front of this one. */
export function positionBefore({ offset, prev, prevOffset }: HistoryStep): RoomPosition {
  return { offset: prevOffset ?? offset - 1, tag: prev };
}

/** Whether nothing is missing between them, and both are of one history. */
export function follows(step: HistoryStep, position: RoomPosition): boolean {
  return (step.prevOffset ?? step.offset - 1) === position.offset && step.prev === position.tag;
}

/** @throws TypeError for a position that no room has given. */
export function positionFrom(text: Position | undefined): RoomPosition | undefined {
  if (text === undefined) return undefined;
  const position = readPosition(text);
  if (!position) throw new TypeError('after: use a position that a room has given');
  return position;
}
