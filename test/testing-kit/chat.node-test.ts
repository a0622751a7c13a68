import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { connect, messageContext } from 'nestjs-revali-ws/testing';
import { ChatModule, MemberGuard } from './chat.js';

describe('chat (e2e)', () => {
  let app: INestApplication;

  beforeEach(async () => {
    const fixture = await Test.createTestingModule({ imports: [ChatModule] }).compile();
    app = fixture.createNestApplication();
    await app.init();
  });

  afterEach(() => app.close());

  it('passes on what a member says', async () => {
    const headers = { authorization: 'Bearer member' };
    const socket = await connect(app, '/chat/blue', { headers });
    socket.send('hello');
    assert.deepEqual(await socket.json(), { room: 'blue', text: 'hello' });
    assert.deepEqual(await socket.close(1000, 'Bye'), { code: 1000, reason: 'Bye' });
  });

  it('refuses strangers', async () => {
    await assert.rejects(connect(app, '/chat/blue'), { status: 401 });
  });

  it('fails at a deadline where nothing comes', async () => {
    const headers = { authorization: 'Bearer member' };
    const socket = await connect(app, '/chat/blue', { headers });
    socket.timeout = 20;
    await assert.rejects(socket.next(), /waited 20 ms for a message. Arrived instead: nothing/);
  });
});

describe('MemberGuard', () => {
  it('lets members in', () => {
    const context = messageContext({ request: { headers: { authorization: 'Bearer member' } } });
    assert.equal(new MemberGuard().canActivate(context), true);
  });
});
