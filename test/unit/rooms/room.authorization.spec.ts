import { RoomAuthorizationTimeoutException, Rooms, WebSocketRooms } from 'nestjs-revali-ws';
import { RoomHub } from '../../../lib/rooms/room.hub.js';
import { within } from '../../support/deadline.js';
import { FakeMember } from './fake.member.js';

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
