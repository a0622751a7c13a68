import type { ExecutionContext } from '@nestjs/common';

const ROOM_FACTORY = Symbol.for('nestjs-revali-ws:room-factory');

/** What `@JoinedRoom()` reads in contexts that are not ours. Its mark is known to the other build of this package, too. */
export const roomFactory = Object.assign(
  (_kind: unknown, _context: ExecutionContext): unknown => undefined,
  { [ROOM_FACTORY]: true },
);

export function isRoomFactory(factory: unknown): boolean {
  return typeof factory === 'function' && ROOM_FACTORY in factory;
}
