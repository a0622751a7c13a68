import { fakeConnection, messageContext } from 'nestjs-revali-ws/testing';
import { lastValueFrom, of } from 'rxjs';
import { ChatController, MemberGuard, RoomInterceptor } from './chat.js';

describe('MemberGuard', () => {
  const judge = (authorization?: string) =>
    new MemberGuard().canActivate(messageContext({ request: { headers: { authorization } } }));

  it('lets members in', () => {
    expect(judge('Bearer member')).toBe(true);
    expect(judge('Bearer stranger')).toBe(false);
  });

  it('asks for a token', () => {
    expect(() => judge()).toThrow('Unauthorized');
  });
});

describe('RoomInterceptor', () => {
  it('says which room it was', async () => {
    const connection = fakeConnection({ params: { room: 'blue' } });
    const context = messageContext({ connection, controller: ChatController, handler: 'say' });
    const said = new RoomInterceptor().intercept(context, { handle: () => of('hello') });
    expect(await lastValueFrom(said)).toEqual({ room: 'blue', text: 'hello' });
  });
});
