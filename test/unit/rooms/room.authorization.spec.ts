import { RoomAuthorizationTimeoutException, Rooms, WebSocketRooms } from 'nestjs-revali-ws';
import { RoomHub } from '../../../lib/rooms/room.hub.js';
import { within } from '../../support/deadline.js';
import type { RoomMember } from '../../../lib/rooms/room.member.js';
import type { RoomMessage } from '../../../lib/rooms/room.message.js';
import type { RoomPlaces } from '../../../lib/rooms/room.places.js';

class FakeMember {
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

@WebSocketRooms('mute')
class MuteRooms extends Rooms {
  protected override authorize(): Promise<boolean> {
    return new Promise(() => undefined);
  }
}

describe('authorize() that never answers', () => {
  it('fails the join after joinTimeout, and says which kind is to blame', async () => {
    const hub = new RoomHub({ rooms: { joinTimeout: 10 } });
    const failed = hub
      .at(new MuteRooms(), 'blue')
      .join(new FakeMember('one').asMember)
      .catch((error: unknown) => error);
    const error = await within(failed, 'the end of the join', 1_000);
    expect(error).toBeInstanceOf(RoomAuthorizationTimeoutException);
    expect(error).toMatchObject({ kind: 'mute' });
    expect(JSON.stringify(error)).toContain('rooms.joinTimeout');
    await hub.close();
  });

  it('keeps nobody waiting whose connection has ended', async () => {
    const hub = new RoomHub({ rooms: { joinTimeout: 60_000 } });
    const room = hub.at(new MuteRooms(), 'blue');
    const member = new FakeMember('one');
    const joining = room.join(member.asMember);
    await Promise.resolve();
    member.hasEnded = true;
    member.places?.leaveAll();
    await within(joining, 'the end of the join', 1_000);
    expect([...room.local]).toEqual([]);
    await hub.close();
  });
});
