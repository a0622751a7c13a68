import { createParamDecorator, Injectable } from '@nestjs/common';
import { addJoin, type JoinRoomOptions, type RoomsClass } from '../discovery/join.metadata.js';
import { roomFactory } from '../handles/room.factory.js';
import type { RoomsOptions } from '../options/rooms.options.js';
import { setKind } from '../rooms/room.kind.js';
import type { RoomNames } from '../rooms/route.joins.js';

/**
 * Names the rooms of a class that extends `Rooms`. List the class under `providers` of a module.
 *
 * @param name 1 to 32 of a-z, 0-9 and -. No other class may have it.
 * @param options See {@link RoomsOptions}. A bad one is refused when the application starts.
 */
export function WebSocketRooms(name: string, options: RoomsOptions = {}): ClassDecorator {
  return (target) => {
    Injectable()(target);
    setKind(target, { name, options });
  };
}

/**
 * Makes each connection of a route a member of a room: after the guards, and before the 101. Who may not enter gets an
 * HTTP status: 403 where `authorize()` says no, 400 for a name that no room can have, 503 where the broker is not
 * there. On a method with `@WebSocket()`, or on a class with `@WebSocketController()`; several may stand there.
 *
 * @param kind A class with `@WebSocketRooms()`, or `Rooms`.
 * @param names Path parameters, as `':room'` or `'team-:id'`, or a function that tells one or several names.
 * @param options See {@link JoinRoomOptions}. A bad one is refused when the application starts.
 */
export function JoinRoom(
  kind: RoomsClass,
  names: string | RoomNames,
  options: JoinRoomOptions = {},
): MethodDecorator & ClassDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const bound: unknown = descriptor === undefined ? target : descriptor.value;
    if (typeof bound === 'function') addJoin(bound, { kind, names, options });
  };
}

/**
 * Gives a handler the room that its connection has joined by `@JoinRoom()`. Where there is one alone, a parameter of the
 * type `Room` needs no decorator. Where a route has several, `@JoinedRoom(Kind)` says which.
 */
export const JoinedRoom = createParamDecorator<RoomsClass | undefined>(roomFactory);
