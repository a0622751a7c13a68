import type { ExecutionContext } from '@nestjs/common';

const ROOM_FACTORY = Symbol.for('nestjs-revali-ws:room-factory');

/** The factory of `@JoinedRoom()` for contexts of other packages. Both builds of this package know its mark. */
export const roomFactory = Object.assign(
  (_kind: unknown, _context: ExecutionContext): unknown => undefined,
  { [ROOM_FACTORY]: true },
);

export function isRoomFactory(factory: unknown): boolean {
  return typeof factory === 'function' && ROOM_FACTORY in factory;
}
