import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { connect } from 'nestjs-revali-ws/testing';
import { ChatModule, MemberGuard } from './chat.js';

describe('chat (e2e)', () => {
  const builder = () => Test.createTestingModule({ imports: [ChatModule] });
  const headers = { authorization: 'Bearer member' };
  let app: INestApplication;

  afterEach(() => app.close());

  it('passes on what a member says', async () => {
    app = (await builder().compile()).createNestApplication();
    await app.init();
    const socket = await connect(app, '/chat/blue', { headers });
    socket.send('hello');
    expect(await socket.json()).toEqual({ room: 'blue', text: 'hello' });
    expect(await socket.close(1000, 'Bye')).toEqual({ code: 1000, reason: 'Bye' });
  });

  it('refuses strangers', async () => {
    app = (await builder().compile()).createNestApplication();
    await app.init();
    await expect(connect(app, '/chat/blue')).rejects.toMatchObject({
      status: 401,
      body: { statusCode: 401, message: 'Unauthorized' },
    });
  });

  it('lets anybody in without its guard', async () => {
    const open = { canActivate: () => true };
    const fixture = await builder().overrideGuard(MemberGuard).useValue(open).compile();
    app = fixture.createNestApplication();
    await app.init();
    const socket = await connect(app, '/chat/blue');
    socket.send('hello');
    expect(await socket.json()).toMatchObject({ text: 'hello' });
  });

  it('works the same on a port', async () => {
    app = (await builder().compile()).createNestApplication();
    await app.listen(0, '127.0.0.1');
    const socket = await connect(app, '/chat/red', { headers });
    socket.send('hello');
    expect(await socket.json()).toEqual({ room: 'red', text: 'hello' });
  });
});
