import { fakeConnection } from 'nestjs-revali-ws/testing';

import { Rooms } from '../src/chat/rooms.js';

describe('rooms', () => {
  it('are the same for all who enter', () => {
    const rooms = new Rooms();
    expect(rooms.at('lobby')).toBe(rooms.at('lobby'));
    expect(rooms.at('lobby')).not.toBe(rooms.at('other'));
  });

  it('tell the others who comes and goes', () => {
    const room = new Rooms().at('lobby');
    const [ada, ben] = [fakeConnection(), fakeConnection()];
    room.join('Ada', ada);
    const leave = room.join('Ben', ben);
    leave();
    expect(ada.sent).toEqual([
      { type: 'joined', name: 'Ben', members: ['Ada', 'Ben'] },
      { type: 'left', name: 'Ben', members: ['Ada'] },
    ]);
    expect(ben.sent).toEqual([]);
  });

  it('are forgotten, the oldest first, where many were left and none where somebody is', () => {
    const rooms = new Rooms();
    rooms.at('busy').join('Ada', fakeConnection());
    const rest = Array.from({ length: 99 }, (_, n) => rooms.at(`room-${n}`));
    expect(rooms.at('room-0')).toBe(rest[0]);
    rooms.at('one-more');
    expect(rooms.at('room-1')).toBe(rest[1]);
    expect(rooms.at('busy').names).toEqual(['Ada']);
    expect(rooms.at('room-0')).not.toBe(rest[0]);
  });
});
