import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { readMetadata } from '../nest/metadata.js';
import type { RoomNames } from '../rooms/route.joins.js';
import type { AnyRooms } from '../rooms/rooms.js';

const JOINS = Symbol.for('nestjs-revali-ws:joins');

/** A class of rooms, `Rooms` itself included. */
export type RoomsClass = Type<AnyRooms> | (abstract new (...args: never[]) => AnyRooms);

/** Options of `@JoinRoom()`. */
export interface JoinRoomOptions {
  /**
   * How many of the newest messages a member gets first. Only if the rooms keep history. A client that resumes gets the
   * messages it has missed instead. Default: 0.
   */
  readonly replay?: number;
}

/** The arguments of one `@JoinRoom()`. */
export interface JoinMetadata {
  readonly kind: RoomsClass;
  readonly names: string | RoomNames;
  readonly options: JoinRoomOptions;
}

export function addJoin(target: object, join: JoinMetadata): void {
  Reflect.defineMetadata(JOINS, [join, ...joinsOf(target)], target);
}

/** Joins of a method, or of a class with `@WebSocketController()`, in source order. */
export function joinsOf(target: object): readonly JoinMetadata[] {
  const joins = readMetadata(JOINS, target);
  return isListOfJoins(joins) ? joins : [];
}

/** Only `addJoin()` writes under this key. */
function isListOfJoins(value: unknown): value is readonly JoinMetadata[] {
  return Array.isArray(value);
}
