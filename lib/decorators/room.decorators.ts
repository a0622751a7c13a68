import { createParamDecorator, Injectable } from '@nestjs/common';
import { addJoin, type JoinRoomOptions, type RoomsClass } from '../discovery/join.metadata.js';
import { roomFactory } from '../handles/room.factory.js';
import type { RoomsOptions } from '../options/rooms.options.js';
import { setKind } from '../rooms/room.kind.js';
import type { RoomNames } from '../rooms/route.joins.js';

/**
 * Names the rooms of a class that extends `Rooms`. List the class in the `providers` of a module.
 *
 * @param name 1 to 32 characters of a-z, 0-9, and -. No other class may use the same name.
 * @param options See {@link RoomsOptions}. An invalid option is refused at startup.
 */
export function WebSocketRooms(name: string, options: RoomsOptions = {}): ClassDecorator {
  return (target) => {
    Injectable()(target);
    setKind(target, { name, options });
  };
}

/**
 * Makes each connection of a route a member of a room, after the guards and before the 101. A client that may not enter
 * gets an HTTP status: 403 if `authorize()` refuses, 400 for an invalid room name, 503 if the broker is unavailable.
 * Use it on a method with `@WebSocket()`, or on a class with `@WebSocketController()`; you may repeat it.
 *
 * @param kind A class with `@WebSocketRooms()`, or `Rooms`.
 * @param names Path parameters, such as `':room'` or `'team-:id'`, or a function that returns one or several names.
 * @param options See {@link JoinRoomOptions}. An invalid option is refused at startup.
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
 * Injects the room that the connection joined through `@JoinRoom()`. If a route joins one room, a parameter of type
 * `Room` needs no decorator. If it joins several, `@JoinedRoom(Kind)` says which.
 */
export const JoinedRoom = createParamDecorator<RoomsClass | undefined>(roomFactory);
