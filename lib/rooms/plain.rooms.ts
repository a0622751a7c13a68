import { Injectable } from '@nestjs/common';
import { setKind } from './room.kind.js';
import { Rooms } from './rooms.js';

/** The kind of rooms that have no class of their own. */
export const PLAIN_KIND = 'rooms';

/** Injected for `Rooms` itself. */
@Injectable()
export class PlainRooms extends Rooms {}

setKind(PlainRooms, { name: PLAIN_KIND, options: {} });
