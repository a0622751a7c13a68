import type { HistoryStep, RoomPosition } from '../brokers/room.broker.js';
import type { Position } from '../handles/room.handle.js';

/** Its alphabet contains no separator of positions, rooms, or lists. */
const POSITION = /^([0-9a-z]{1,11})\.([0-9a-f]{8})$/;
const RADIX = 36;

/** The form for clients and applications. */
export function writePosition({ offset, tag }: RoomPosition): Position {
  return `${offset.toString(RADIX)}.${tag}`;
}

/** @returns `undefined` if the text is not a position. */
export function readPosition(text: unknown): RoomPosition | undefined {
  const [, digits = '', tag = ''] = (typeof text === 'string' && POSITION.exec(text)) || [];
  const offset = parseInt(digits, RADIX);
  return Number.isSafeInteger(offset) ? { offset, tag } : undefined;
}

export function isSame(one: RoomPosition, other: RoomPosition): boolean {
  return one.offset === other.offset && one.tag === other.tag;
}

/** The position of the message before this one. */
export function positionBefore({ offset, prev, prevOffset }: HistoryStep): RoomPosition {
  return { offset: prevOffset ?? offset - 1, tag: prev };
}

/** Whether both are of one history, and nothing is missing between them. */
export function follows(step: HistoryStep, position: RoomPosition): boolean {
  return (step.prevOffset ?? step.offset - 1) === position.offset && step.prev === position.tag;
}

/** @throws TypeError if the text is not a position. */
export function positionFrom(text: Position | undefined): RoomPosition | undefined {
  if (text === undefined) return undefined;
  const position = readPosition(text);
  if (!position) throw new TypeError('after: use a position that a room has given');
  return position;
}
