import type { RoomMember } from '../../../lib/rooms/room.member.js';
import type { RoomMessage } from '../../../lib/rooms/room.message.js';
import type { RoomPlaces } from '../../../lib/rooms/room.places.js';

/** Keeps what a hub does to one of its members. */
export class FakeMember {
  readonly got: string[] = [];
  readonly closes: number[] = [];
  hasEnded = false;
  places: RoomPlaces<RoomMember> | undefined;

  constructor(readonly knownId: string) {}

  get asMember(): RoomMember {
    return this as unknown as RoomMember;
  }

  readonly takesHeaders = false;

  deliver({ plain }: RoomMessage): boolean {
    if (plain) this.got.push(plain.payload.toString());
    return true;
  }

  deliverMissed(message: RoomMessage): undefined {
    this.deliver(message);
  }

  drained = (): undefined => undefined;
  dropBehind = (): undefined => undefined;
  onFault(error: unknown): void {
    throw error;
  }

  close(code: number): void {
    this.closes.push(code);
  }
}
