import { Body, Controller } from '@nestjs/common';
import { ClsModule, ClsService } from 'nestjs-cls';
import { WebSocket } from 'nestjs-revali-ws';
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeApps, connect, platforms, start } from './app.js';

interface Store {
  [name: string]: unknown;
  readonly user?: string;
  messages?: number;
}

@Controller()
class ChatController {
  constructor(private readonly cls: ClsService) {}

  @WebSocket('chat')
  async chat(@Body() message: string): Promise<string> {
    const messages = (this.cls.get<number | undefined>('messages') ?? 0) + 1;
    this.cls.set('messages', messages);
    await sleep(5);
    return `${this.cls.get('user') ?? 'nobody'} ${this.cls.getId()} ${messages} ${message}`;
  }
}

interface HasHeaders {
  readonly headers: Readonly<Record<string, string | undefined>>;
}

const storeOf = (cls: ClsService, request: HasHeaders): void =>
  cls.set('user', request.headers['x-user']);

for (const platform of platforms) {
  describe(`nestjs-cls on ${platform}`, () => {
    afterEach(closeApps);

    it('has one store a connection, where it is mounted as middleware', async () => {
      const app = await start({
        platform,
        imports: [
          ClsModule.forRoot({
            global: true,
            middleware: { mount: true, generateId: true, setup: storeOf },
          }),
        ],
        controllers: [ChatController],
      });
      const ada = await connect(app, '/chat', { headers: { 'x-user': 'ada' } });
      const bob = await connect(app, '/chat', { headers: { 'x-user': 'bob' } });
      for (const socket of [ada, bob, ada]) socket.send('hi');
      const [first = '', second = ''] = [await ada.text(), await ada.text()];
      assert.match(first, /^ada \S+ 1 hi$/);
      assert.equal(second, first.replace(' 1 ', ' 2 '));
      const other = await bob.text();
      assert.match(other, /^bob \S+ 1 hi$/);
      assert.notEqual(other.split(' ')[1], first.split(' ')[1]);
      await Promise.all([ada.close(), bob.close()]);
    });

    it('has one store a message, where it is mounted as an interceptor', async () => {
      const app = await start({
        platform,
        imports: [
          ClsModule.forRoot({
            global: true,
            interceptor: {
              mount: true,
              generateId: true,
              setup: (cls, context) =>
                storeOf(cls, context.switchToHttp().getRequest<HasHeaders>()),
            },
          }),
        ],
        controllers: [ChatController],
      });
      const socket = await connect(app, '/chat', { headers: { 'x-user': 'ada' } });
      socket.send('one');
      socket.send('two');
      const [one, two] = [await socket.text(), await socket.text()];
      assert.match(one, /^ada \S+ 1 one$/);
      assert.match(two, /^ada \S+ 1 two$/);
      assert.notEqual(one.split(' ')[1], two.split(' ')[1]);
      await socket.close();
    });

    it('opens an empty store for each message, where its interceptor is mounted beside its middleware', async () => {
      const app = await start({
        platform,
        imports: [
          ClsModule.forRoot({
            global: true,
            middleware: { mount: true, setup: storeOf },
            interceptor: { mount: true },
          }),
        ],
        controllers: [ChatController],
      });
      const socket = await connect(app, '/chat', { headers: { 'x-user': 'ada' } });
      socket.send('hi');
      assert.match(await socket.text(), /^nobody \S+ 1 hi$/);
      await socket.close();
    });
  });
}
