import { fakeConnection } from 'nestjs-revali-ws/testing';

import { ChatRooms } from '../src/chat/chat.rooms.js';

const memberOf = (name: string) =>
  new ChatRooms().memberOf(
    fakeConnection({ request: { url: `/chat/lobby?name=${encodeURIComponent(name)}` } }),
  );

describe('rooms of the chat', () => {
  it('show the name of a member as it was written', () => {
    expect(memberOf('Zoë अनीता')).toMatchObject({ name: 'Zoë अनीता' });
  });

  it('take names for one that look alike', () => {
    expect(memberOf('ADA').key).toBe(memberOf('ada').key);
    expect(memberOf('ﬁona').key).toBe(memberOf('Fiona').key);
    expect(memberOf('Ada').key).not.toBe(memberOf('Ida').key);
  });
});
