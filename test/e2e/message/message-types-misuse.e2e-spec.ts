import { Controller, Get, Version, VersioningType, type Type } from '@nestjs/common';
import { SubscribeMessage } from '@nestjs/websockets';
import {
  DuplicateWebSocketRouteException,
  InvalidWebSocketOptionException,
  MessageOutsideControllerException,
  MisplacedDecoratorException,
  OnClose,
  OnConnect,
  OnMessage,
  UseObservers,
  WebSocket,
  WebSocketController,
  type WebSocketControllerOptions,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { startFault } from '../../support/apps/start-fault.js';

function given(place: unknown, options: unknown = {}): Type<unknown> {
  @WebSocketController(place as string, options as WebSocketControllerOptions)
  class ChatController {
    @OnMessage('say')
    say(): void {}
  }
  return ChatController;
}

function decorated(...decorators: MethodDecorator[]): Type<unknown> {
  @WebSocketController('chat')
  class ChatController {
    say(): void {}
  }
  const descriptor = Object.getOwnPropertyDescriptor(ChatController.prototype, 'say');
  if (!descriptor) throw new Error('no method');
  for (const decorator of decorators) decorator(ChatController.prototype, 'say', descriptor);
  return ChatController;
}

@Controller()
class TwicePathController {
  @WebSocket(['a', '/a/'])
  say(): void {}
}

const PLACE = 'ChatController: the option "place of @WebSocketController()" is';
const PLACE_CURE = 'Use a path, a list of paths, or an object with path, host and version.';
const PATH_CURE = 'Use a path, or a list of paths.';

const places: readonly [unknown, string][] = [
  [null, `${PLACE} null. ${PLACE_CURE}`],
  [5, `${PLACE} 5. ${PLACE_CURE}`],
  [Symbol('chat'), `${PLACE} Symbol(chat). ${PLACE_CURE}`],
  [() => 'chat', `${PLACE} [Function`],
  [[], `${PLACE} []. ${PLACE_CURE}`],
  [[5], `${PLACE} [ 5 ]. ${PLACE_CURE}`],
  [{ path: 5 }, `ChatController: the option "path" is 5. ${PATH_CURE}`],
  [{ path: [] }, `ChatController: the option "path" is []. ${PATH_CURE}`],
];

const OF_CLASS = 'which has no effect there. The handshake is that of the class';

const misplaced: readonly [string, Type<unknown>, string][] = [
  [
    '@UseObservers() on @OnMessage()',
    decorated(OnMessage('say'), UseObservers({})),
    `ChatController.say() has @UseObservers(), ${OF_CLASS}`,
  ],
  [
    '@UseObservers() on @OnConnect()',
    decorated(OnConnect(), UseObservers({})),
    `ChatController.say() has @UseObservers(), ${OF_CLASS}`,
  ],
  [
    '@Version() on @OnClose()',
    decorated(OnClose(), Version('1')),
    `ChatController.say() has @Version(), ${OF_CLASS}`,
  ],
  [
    '@SubscribeMessage()',
    decorated(SubscribeMessage('say')),
    'ChatController.say() has @SubscribeMessage(), which has no effect there. ' +
      'ChatController is not a gateway, so nobody calls it. Use @OnMessage().',
  ],
];

describe.each(platforms)('a misused @WebSocketController() on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(places)('is refused at start for the place %p', async (place, text) => {
    const fault = await startFault(platform, { controllers: [given(place)] });
    expect(fault).toBeInstanceOf(InvalidWebSocketOptionException);
    expect(fault.message).toContain(text);
  });

  it.each<[unknown]>([[null], [5], [[]]])(
    'is refused at start for the options %p',
    async (options) => {
      const fault = await startFault(platform, { controllers: [given('chat', options)] });
      expect(fault).toBeInstanceOf(InvalidWebSocketOptionException);
      expect(fault.message).toMatch(
        /^ChatController: the option "options" is .+\. Use an object\.$/,
      );
    },
  );

  it('is told all of its options for one that it does not have', async () => {
    const fault = await startFault(platform, { controllers: [given('chat', { bye: 'event' })] });
    expect(fault.message).toMatch(
      /"bye" is 'event'\. There is no such option; use one of by, body, ping, .*protocols\.$/,
    );
    expect(fault.message).not.toContain('triggerOnConnect');
  });

  it('is told where it has to be listed', async () => {
    const fault = await startFault(platform, { providers: [given('chat')] });
    expect(fault).toBeInstanceOf(MessageOutsideControllerException);
    expect(fault.message).toBe(
      `ChatController.say() has @OnMessage('say'), but ChatController is listed under "providers", where it serves nothing. ` +
        'List ChatController under "controllers" of its module.',
    );
  });

  it.each([
    ['ChatController', given(['a', '/a/'])],
    ['TwicePathController.say()', TwicePathController],
  ])('is told of two paths that are one: %s', async (name, controller) => {
    const fault = await startFault(platform, { controllers: [controller] });
    expect(fault).toBeInstanceOf(DuplicateWebSocketRouteException);
    expect(fault.message).toContain(`${name} serves already. Two of its paths, versions or hosts`);
  });

  it.each(misplaced)('is refused at start for %s', async (_what, controller, text) => {
    const fault = await startFault(platform, { controllers: [controller] });
    expect(fault).toBeInstanceOf(MisplacedDecoratorException);
    expect(fault.message).toContain(text);
  });

  it('may have methods that are routes as well, with all that routes have', async () => {
    const seen: string[] = [];
    @WebSocketController('chat')
    class ChatController {
      @OnMessage('say')
      @WebSocket('plain')
      @UseObservers({ onOpen: () => void seen.push('open') })
      say(): string {
        return 'said';
      }

      @OnMessage('get')
      @Get('plain')
      @Version('1')
      get(): string {
        return 'got';
      }
    }
    const app = await startApp(platform, {
      controllers: [ChatController],
      configure: (nest) => void nest.enableVersioning({ type: VersioningType.URI }),
    });
    const client = await app.connect('chat');
    client.sendJson({ type: 'get' });
    expect(await client.text()).toBe('got');
    expect(await app.get('/v1/chat/plain')).toMatchObject({ status: 200, body: 'got' });
    expect(seen).toEqual([]);
    const plain = await app.connect('chat/plain');
    plain.send('hi');
    expect(await plain.text()).toBe('said');
    expect(seen).toEqual(['open']);
  });
});
