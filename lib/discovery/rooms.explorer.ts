import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { DuplicateRoomsNameException, InvalidRoomsException } from '../errors/room.exceptions.js';
import { isInstantiable } from '../nest/class.reference.js';
import type { InstanceWrapper } from '../nest/internals.js';
import { kindMetadataOf, kindOf } from '../rooms/room.kind.js';
import { Rooms, type AnyRooms } from '../rooms/rooms.js';
import type { RoomsClass } from './join.metadata.js';

/** The classes of rooms that modules provide. */
export class RoomKinds {
  private readonly instances = new Map<unknown, AnyRooms>();
  private readonly classes = new Map<string, Type<unknown>>();

  /** @throws DuplicateRoomsNameException, InvalidRoomsException */
  constructor(modules: ModulesContainer) {
    for (const { providers } of modules.values())
      for (const [token, wrapper] of providers) this.explore(token, wrapper);
  }

  /** @param where The code that asks for it. @throws InvalidRoomsException if no module provides it */
  instanceOf(kind: RoomsClass, where: string): AnyRooms {
    const present = this.instances.get(kind);
    if (present) return present;
    const name = typeof kind === 'function' ? kind.name : String(kind);
    if (!kindMetadataOf(kind) && kind !== Rooms) {
      throw new InvalidRoomsException(
        where,
        `joins rooms of ${name}, which has no @WebSocketRooms()`,
        'Name its rooms with it.',
      );
    }
    throw new InvalidRoomsException(
      where,
      `joins rooms of ${name}, which no module provides`,
      `List ${name} under "providers" of a module.`,
    );
  }

  /** Each of them once. */
  all(): Iterable<AnyRooms> {
    return new Set(this.instances.values());
  }

  private explore(token: unknown, wrapper: InstanceWrapper): void {
    const { metatype } = wrapper;
    const instance: unknown = wrapper.instance;
    const metadata = kindMetadataOf(metatype);
    if (!metadata || !isInstantiable(metatype)) return;
    if (!wrapper.isDependencyTreeStatic()) {
      throw new InvalidRoomsException(
        metatype.name,
        'is request-scoped, or injects something that is',
        'Rooms belong to no request: leave out the scope.',
      );
    }
    if (!(instance instanceof Rooms))
      throw new InvalidRoomsException(
        metatype.name,
        'has @WebSocketRooms() but does not extend Rooms',
        'Make it extend Rooms.',
      );
    const first = this.classes.get(metadata.name);
    if (first !== undefined && first !== metatype)
      throw new DuplicateRoomsNameException(metadata.name, first.name, metatype.name);
    // Refuses invalid rooms before anyone enters.
    kindOf(instance);
    this.classes.set(metadata.name, metatype);
    this.instances.set(token, instance).set(metatype, instance);
  }
}
