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
   * How many of the newest messages a member gets first. Only where the rooms keep history. A client that goes on from
   * where it was gets what it has missed instead. Default: 0.
   */
  readonly replay?: number;
}

/** What one `@JoinRoom()` says. */
export interface JoinMetadata {
  readonly kind: RoomsClass;
  readonly names: string | RoomNames;
  readonly options: JoinRoomOptions;
}

export function addJoin(target: object, join: JoinMetadata): void {
  Reflect.defineMetadata(JOINS, [join, ...joinsOf(target)], target);
}

/** Of a method, or of a class with `@WebSocketController()`, in the order in which they are written. */
export function joinsOf(target: object): readonly JoinMetadata[] {
  const joins = readMetadata(JOINS, target);
  return isListOfJoins(joins) ? joins : [];
}

/** Only `addJoin()` writes under this key. */
function isListOfJoins(value: unknown): value is readonly JoinMetadata[] {
  return Array.isArray(value);
}
