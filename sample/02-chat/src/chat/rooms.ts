import { Injectable } from '@nestjs/common';

import { Room } from './room.js';

/** Rooms, with their history: those that somebody is in, and some that everybody has left. */
const ROOMS_KEPT = 100;

/**
 * The rooms of this process. They come into being when somebody enters. Where several processes serve one chat,
 * this is the class that would pass on what is said, through a message broker.
 */
@Injectable()
export class Rooms {
  private readonly rooms = new Map<string, Room>();

  at(name: string): Room {
    const known = this.rooms.get(name);
    if (known) return known;
    this.forgetEmpty();
    const room = new Room();
    this.rooms.set(name, room);
    return room;
  }

  /** The oldest first, until there is place for one more. */
  private forgetEmpty(): void {
    for (const [name, room] of this.rooms) {
      if (this.rooms.size < ROOMS_KEPT) return;
      if (room.isEmpty) this.rooms.delete(name);
    }
  }
}
