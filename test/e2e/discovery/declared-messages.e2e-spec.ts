import { Body, Controller, DefaultValuePipe, Headers, ParseIntPipe, Query } from '@nestjs/common';
import {
  Closes,
  JoinRoom,
  OnConnect,
  OnMessage,
  Receives,
  Rooms,
  Sends,
  WebSocket,
  WebSocketController,
  WebSocketRooms,
  WebSocketRoutes,
  type WebSocketRouteInfo,
} from 'nestjs-revali-ws';
import { z } from 'zod';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { startFault } from '../../support/apps/start-fault.js';

class Say {
  text = '';
}
class Said {
  text = '';
}
class Welcome {}
const circle: Record<string, unknown> = { type: 'object' };
circle['properties'] = { self: circle };

class EmptyController {}

@Controller('circle')
class CircleController {
  @WebSocket()
  @Sends(circle)
  talk(): void {}
}

const Typing = z.object({ type: z.literal('typing') });

@WebSocketRooms('chat')
@Sends(Said)
class ChatRooms extends Rooms<Said> {}

@Controller()
@Sends(Welcome)
@Closes({ 4400: 'Of the class' })
class ChatController {
  @WebSocket('chat/:room')
  @JoinRoom(ChatRooms, ':room')
  @Receives(Say, { schema: Typing, name: 'Typing', deprecated: true })
  @Sends({ type: 'object', properties: {} })
  @Closes({ 4409: 'The name is taken' })
  chat(
    @Query('since', new DefaultValuePipe(0), ParseIntPipe) _since: number,
    @Query('page', new ParseIntPipe({ optional: true })) _page: number,
    @Headers('x-room') _room: string,
    @Query() _all: Say,
  ): Say {
    return new Say();
  }
}

@Controller('heir')
class HeirController extends ChatController {}

@WebSocketController('typed')
@Sends(Said)
class TypedController {
  @OnConnect()
  welcome(@Query('name') _name: string): Welcome {
    return new Welcome();
  }

  @OnMessage('say')
  @Sends(Said)
  say(@Body() _say: Say, @Query('name') _name: string): void {}
}

@Controller()
class BadController {
  @WebSocket()
  @Closes({ 1006: 'Never sent' })
  bad(): void {}
}

const field = (name: string | undefined, type: unknown, isOptional = false): object => ({
  name,
  type,
  schema: undefined,
  isOptional,
});

describe.each(platforms)('What routes declare of their messages ($name)', (platform) => {
  afterEach(closeAllApps);

  async function routesOf(...controllers: (new () => object)[]): Promise<WebSocketRouteInfo[]> {
    const { app } = await startApp(platform, { controllers, providers: [ChatRooms] });
    return [...app.get(WebSocketRoutes)];
  }

  it('stands in the list, and is inherited', async () => {
    const routes = await routesOf(ChatController, HeirController);
    expect(routes.map(({ path }) => path)).toEqual(['/chat/:room', '/heir/chat/:room']);
    for (const route of routes) {
      expect(route.receives).toEqual([
        { type: Say },
        { type: Typing, name: 'Typing', deprecated: true },
      ]);
      expect(route.sends).toEqual([
        { type: Welcome },
        { type: { type: 'object', properties: {} } },
      ]);
      expect(route.roomMessages).toEqual([{ type: Said }]);
      expect(route.closes).toEqual({ 4400: 'Of the class', 4409: 'The name is taken' });
      expect(route.returnType).toBe(Say);
    }
  });

  it('has what is read of the handshake', async () => {
    const [route] = await routesOf(ChatController);
    expect(route?.query).toEqual([
      field('since', Number, true),
      field('page', Number, true),
      field(undefined, Say),
    ]);
    expect(route?.headers).toEqual([field('x-room', String)]);
  });

  it('is told of each method of a @WebSocketController', async () => {
    const [route] = await routesOf(TypedController);
    expect(route).toMatchObject({
      sends: [{ type: Said }],
      onConnect: { methodName: 'welcome', returnType: Welcome },
      messages: [{ type: 'say', sends: [{ type: Said }], receives: [] }],
    });
    expect(route?.query).toEqual([field('name', String)]);
  });

  it('refuses a close code that cannot be sent', async () => {
    const { message } = await startFault(platform, { controllers: [BadController] });
    expect(message).toMatch(/BadController\.bad\(\).*code of @Closes\(\).*1006/);
  });

  it.each([undefined, null, 5, 'Said', Symbol('Said')])(
    'names the decorator that was given %p in place of a class',
    (none) => {
      const given: object[] = [Said];
      // As when two files import each other.
      Reflect.set(given, 1, none);
      const descriptor = { value: () => undefined };
      expect(() => Sends(...given)(EmptyController.prototype, 'talk', descriptor)).toThrow(
        /^EmptyController\.talk\(\): the option "message of @Sends\(\)".*import each other/,
      );
      expect(() => Receives(...given)(EmptyController)).toThrow(
        /^EmptyController: the option "message of @Receives\(\)"/,
      );
    },
  );

  it('keeps a schema that is a circle, for others to judge', async () => {
    const [route] = await routesOf(CircleController);
    expect(route?.sends).toEqual([{ type: circle }]);
    expect(Object.isFrozen(route?.sends[0]?.type)).toBe(true);
  });
});
