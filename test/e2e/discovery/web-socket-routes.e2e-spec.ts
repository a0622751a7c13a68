import {
  Body,
  Controller,
  Get,
  Module,
  Param,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import {
  OnMessage,
  WebSocket,
  WebSocketController,
  WebSocketRoutes,
  type MessageCodec,
} from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

class SayDto {
  text = '';
}

@Controller('chat')
class ChatController {
  @WebSocket(['rooms/:room', 'lobby'], { ping: '5s', maxPayload: 100 })
  say(@Body() message: SayDto, @Param('room') room: string): string {
    return `${room} ${message.text}`;
  }

  @WebSocket.mode('sendOnly')
  watch(): void {}

  @WebSocket('text', { mode: 'receiveOnly' })
  note(@Body() text: string, @Body('also') _also: unknown): void {
    void text;
  }

  @WebSocket('part')
  part(@Body('text') _text: string): void {}

  @Get('http')
  http(): string {
    return 'no WebSocket';
  }
}

@Module({ controllers: [ChatController] })
class ChatModule {}

@Controller({ path: 'files', host: ':tenant.example.com' })
class FilesController {
  @Version(['1', VERSION_NEUTRAL])
  @WebSocket('at/:owner')
  read(@Body() _bytes: Buffer): void {}
}

const codec: MessageCodec = { decode: String, encode: String };
const hosts = ['a.example.com', /^b\.example\.com$/];

@WebSocketController(
  { path: 'bound{/:part}', host: hosts, version: ['1', '2'] },
  { format: codec, origins: ['https://a.example', /^https:\/\/b\./], protocols: ['chat'] },
)
class BoundController {
  @OnMessage('say')
  say(@Body() text: string): string {
    return text;
  }
}

/** The paths of all that is no function, no codec, and can be changed. */
function changeable(value: unknown, path = 'route'): string[] {
  if (typeof value !== 'object' || value === null || value === codec) return [];
  const inner = Object.entries(value).flatMap(([key, item]) => changeable(item, `${path}.${key}`));
  return Object.isFrozen(value) ? inner : [path, ...inner];
}

/** Even a frozen expression is compiled anew before it throws. */
function recompile(host: RegExp): void {
  try {
    Reflect.apply(Reflect.get(host, 'compile'), host, ['']);
  } catch {
    // As it should.
  }
}

describe.each(platforms)('WebSocketRoutes on $name', (platform) => {
  afterEach(closeAllApps);

  it('lists every path with what it takes, in the order of declaration', async () => {
    const app = await startApp(platform, {
      imports: [ChatModule, RouterModule.register([{ path: 'v', module: ChatModule }])],
      controllers: [FilesController],
      configure: (nest) => {
        nest.setGlobalPrefix('api');
        nest.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' });
      },
    });
    const routes = [...app.app.get(WebSocketRoutes)];
    expect(routes.map(({ methodName, path, mode }) => `${methodName} ${path} ${mode}`)).toEqual([
      'read /api/files/at/:owner twoWay',
      'say /api/v/chat/rooms/:room twoWay',
      'say /api/v/chat/lobby twoWay',
      'watch /api/v/chat sendOnly',
      'note /api/v/chat/text receiveOnly',
      'part /api/v/chat/part twoWay',
    ]);
    const [read, say] = routes;
    expect(read).toMatchObject({
      controller: FilesController,
      versions: ['1', VERSION_NEUTRAL],
      hosts: [':tenant.example.com'],
      parameters: [{ name: 'owner', isWildcard: false, isOptional: false }],
      body: { kind: 'bytes', type: Buffer },
    });
    expect(say).toMatchObject({
      controller: ChatController,
      versions: [],
      hosts: [],
      parameters: [{ name: 'room', isWildcard: false, isOptional: false }],
      body: { kind: 'json', type: SayDto, schema: undefined },
      options: { ping: { interval: 5000, timeout: 5000 }, maxPayload: 100, errors: 'close' },
    });
    expect(routes.slice(3).map(({ body }) => body)).toEqual([
      { kind: 'none', type: undefined, schema: undefined, parts: [] },
      { kind: 'text', type: String, schema: undefined, parts: [] },
      {
        kind: 'json',
        type: undefined,
        schema: undefined,
        parts: [{ name: 'text', type: String, schema: undefined }],
      },
    ]);
  });

  it('cannot be changed from outside', async () => {
    const app = await startApp(platform, { controllers: [ChatController] });
    const { all } = app.app.get(WebSocketRoutes);
    expect(Reflect.deleteProperty(all, 0)).toBe(false);
    expect(Reflect.set(all, 'length', 0)).toBe(false);
    expect(app.app.get(WebSocketRoutes).all).toHaveLength(5);
  });

  it('shares nothing that the server goes by', async () => {
    const app = await startApp(platform, { controllers: [BoundController] });
    const [route] = app.app.get(WebSocketRoutes);
    expect(route?.options).toMatchObject({ origins: ['https://a.example', /^https:\/\/b\./] });
    expect(route?.options.format).toBe(codec);
    expect(changeable(route)).toEqual([]);
    for (const host of route?.hosts ?? []) if (host instanceof RegExp) recompile(host);
    expect(Reflect.deleteProperty(route?.hosts ?? [], 0)).toBe(false);
    expect(hosts).toEqual(['a.example.com', /^b\.example\.com$/]);
    await expect(app.connect('bound')).rejects.toMatchObject({ status: 404 });
    expect(Object.isFrozen(codec)).toBe(false);
  });

  it('says before app.init() what is missing', async () => {
    let early: unknown;
    await startApp(platform, {
      controllers: [ChatController],
      configure: (nest) => {
        try {
          early = nest.get(WebSocketRoutes).all;
        } catch (error) {
          early = error;
        }
      },
    });
    expect(early).toEqual(
      new Error('WebSocketRoutes was read before app.init(). Await app.init() first.'),
    );
  });

  it('is empty where there are no routes', async () => {
    const app = await startApp(platform, {});
    expect(app.app.get(WebSocketRoutes).all).toEqual([]);
  });
});
