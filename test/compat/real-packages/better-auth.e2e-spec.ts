import { Body, Controller, type INestApplication } from '@nestjs/common';
import { AllowAnonymous, AuthModule } from '@thallesp/nestjs-better-auth';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { WebSocket } from 'nestjs-revali-ws';
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { ask, closeApps, connect, cookiesOf, platforms, start } from './app.js';
import { ChatController } from './recipes/better-auth.controller.js';

const createAuth = () =>
  betterAuth({
    baseURL: 'http://127.0.0.1',
    secret: 'of this test alone, and long enough for it',
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: { disabled: true },
  });

@Controller()
class OpenController {
  @WebSocket('anyone')
  @AllowAnonymous()
  anyone(@Body() message: string): string {
    return message;
  }
}

async function signUp(app: INestApplication, name: string): Promise<string> {
  const response = await ask(app, '/api/auth/sign-up/email', {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'http://127.0.0.1' },
    body: JSON.stringify({ name, email: `${name}@example.com`, password: 'correct horse' }),
  });
  assert.equal(response.status, 200, await response.text());
  return cookiesOf(response);
}

async function signOut(app: INestApplication, cookie: string): Promise<void> {
  const response = await ask(app, '/api/auth/sign-out', {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'http://127.0.0.1', cookie },
    body: '{}',
  });
  assert.equal(response.status, 200, await response.text());
}

for (const platform of platforms) {
  describe(`@thallesp/nestjs-better-auth on ${platform}`, () => {
    afterEach(closeApps);

    const startGuarded = () =>
      start({
        platform,
        imports: [AuthModule.forRoot({ auth: createAuth() })],
        controllers: [ChatController, OpenController],
        bodyParser: false,
      });

    it('lets no stranger in, but where everybody may', async () => {
      const app = await startGuarded();
      for (const path of ['/chat', '/plain', '/strict'])
        await assert.rejects(connect(app, path), { status: 401 });
      const socket = await connect(app, '/anyone');
      socket.send('hi');
      assert.equal(await socket.text(), 'hi');
      await socket.close();
    });

    it('tells handlers whose connection it is', async () => {
      const app = await startGuarded();
      const cookies = [await signUp(app, 'ada'), await signUp(app, 'bob')];
      for (const path of ['/chat', '/plain', '/strict']) {
        const [ada, bob] = await Promise.all(
          cookies.map((cookie) => connect(app, path, { headers: { cookie } })),
        );
        for (const times of ['once', 'again']) {
          ada?.send(times);
          bob?.send(times);
          assert.equal(await ada?.text(), `ada: ${times}`);
          assert.equal(await bob?.text(), `bob: ${times}`);
        }
        await Promise.all([ada?.close(), bob?.close()]);
      }
    });

    it('asks again before each message, where it is told to', async () => {
      const app = await startGuarded();
      const cookie = await signUp(app, 'ada');
      const [once, each] = await Promise.all(
        ['/plain', '/strict'].map((path) => connect(app, path, { headers: { cookie } })),
      );
      await signOut(app, cookie);
      once?.send('still here');
      assert.equal(await once?.text(), 'ada: still here');
      each?.send('gone');
      assert.deepEqual(await each?.closed, { code: 1008, reason: 'UNAUTHORIZED' });
      await once?.close();
    });
  });
}
