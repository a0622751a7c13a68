import { Controller, Inject, Injectable, Module, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import {
  AmbiguousRoomParameterException,
  DuplicateRoomsNameException,
  InvalidRoomsException,
  InvalidWebSocketOptionException,
  JoinedRoom,
  JoinRoom,
  Room,
  Rooms,
  WebSocket,
  WebSocketRooms,
  type RoomsModuleOptions,
  type RoomsOptions,
} from 'nestjs-revali-ws';

import type { AppSetup } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { ChatRooms, OtherRooms } from '../../support/apps/rooms-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { startFault } from '../../support/apps/start-fault.js';

@WebSocketRooms('chat')
class SecondRooms extends Rooms {}

@WebSocketRooms('rooms')
class RoomsOnceMore extends Rooms {}

class Heir extends ChatRooms {}

@WebSocketRooms('strange')
class NoRooms {}

class NamelessRooms extends Rooms {}

@Injectable({ scope: Scope.REQUEST })
class OfRequest {}

@WebSocketRooms('scoped')
class ScopedRooms extends Rooms {
  @Inject(OfRequest) readonly dependency: unknown;
}

@WebSocketRooms('by-request')
class RequestRooms extends Rooms {
  @Inject(REQUEST) readonly request: unknown;
}

const kindOf = (name: string, options?: RoomsOptions): new () => Rooms => {
  @WebSocketRooms(name, options)
  class SomeRooms extends Rooms {}
  return SomeRooms;
};

@Controller()
class ChatController {
  @JoinRoom(ChatRooms, ':id')
  @WebSocket('chat/:id')
  chat(): void {}
}

@Controller()
class NamelessController {
  @JoinRoom(NamelessRooms, 'a')
  @WebSocket('chat/:id')
  chat(): void {}
}

@Controller()
class NotJoinedController {
  @WebSocket('chat/:id')
  chat(_room: Room): void {}
}

@Controller()
class TwoJoinedController {
  @JoinRoom(ChatRooms, ':id')
  @JoinRoom(OtherRooms, ':id')
  @WebSocket('chat/:id')
  chat(_room: Room): void {}
}

@Controller()
class OtherJoinedController {
  @JoinRoom(ChatRooms, ':id')
  @WebSocket('chat/:id')
  chat(@JoinedRoom(OtherRooms) _room: unknown): void {}
}

@Controller()
class TwoUnnamedController {
  @JoinRoom(ChatRooms, ':id')
  @JoinRoom(OtherRooms, ':id')
  @WebSocket('chat/:id')
  chat(@JoinedRoom() _room: unknown): void {}
}

@Controller()
class TemplateController {
  @JoinRoom(ChatRooms, 'a-:team')
  @WebSocket(['chat/:team', 'chat/:teams/more'])
  chat(): void {}
}

const providers = [ChatRooms, OtherRooms];

describe.each(platforms)('An application with rooms does not start ($name)', (platform) => {
  afterEach(closeAllApps);

  const refusalOf = (setup: AppSetup): Promise<Error> => startFault(platform, setup);

  it('with two kinds of one name', async () => {
    const error = await refusalOf({ providers: [ChatRooms, SecondRooms] });
    expect(error).toBeInstanceOf(DuplicateRoomsNameException);
    expect(error.message).toContain(
      "SecondRooms is @WebSocketRooms('chat'), and so is ChatRooms. Give one of them another name",
    );
    expect(await refusalOf({ providers: [RoomsOnceMore] })).toBeInstanceOf(
      DuplicateRoomsNameException,
    );
    expect(await refusalOf({ providers: [ChatRooms, Heir] })).toBeInstanceOf(
      DuplicateRoomsNameException,
    );
  });

  it('with two kinds of one name, though their classes have one name as well', async () => {
    const [one, two] = [kindOf('same'), kindOf('same')];
    @Module({ providers: [two] })
    class Elsewhere {}
    expect(await refusalOf({ providers: [one], imports: [Elsewhere] })).toBeInstanceOf(
      DuplicateRoomsNameException,
    );
  });

  it('with a route that joins a kind which no module provides', async () => {
    const error = await refusalOf({ controllers: [ChatController] });
    expect(error).toBeInstanceOf(InvalidRoomsException);
    expect(error.message).toContain('List ChatRooms under "providers" of a module.');
  });

  it.each([ScopedRooms, RequestRooms])('with a kind that is request-scoped: %p', async (kind) => {
    const error = await refusalOf({ providers: [OfRequest, kind] });
    expect(error).toBeInstanceOf(InvalidRoomsException);
    expect(error.message).toContain('is request-scoped');
  });

  it('with @WebSocketRooms() on what is no Rooms', async () => {
    const error = await refusalOf({ providers: [NoRooms] });
    expect(error).toBeInstanceOf(InvalidRoomsException);
    expect(error.message).toContain('does not extend Rooms');
  });

  it('with a route that joins a kind without @WebSocketRooms()', async () => {
    const error = await refusalOf({
      controllers: [NamelessController],
      providers: [NamelessRooms],
    });
    expect(error).toBeInstanceOf(InvalidRoomsException);
    expect(error.message).toContain('@WebSocketRooms()');
  });

  it.each(['', 'Chat', 'a b', 'a/b', 'ä', 'a'.repeat(33)])(
    'with a name that is none: %j',
    async (name) => {
      expect(await refusalOf({ providers: [kindOf(name)] })).toBeInstanceOf(InvalidRoomsException);
    },
  );

  it.each([
    { maxMesage: 1 },
    { maxMessage: -1 },
    { slow: 'grow' },
    { codec: 'xml' },
  ] as unknown as RoomsOptions[])('with a kind of such options: %j', async (options) => {
    expect(await refusalOf({ providers: [kindOf('some', options)] })).toBeInstanceOf(
      InvalidWebSocketOptionException,
    );
  });

  it.each([
    { brokers: {} },
    { broker: {} },
    { joinTimeout: -1 },
    { maxRoomsPerConnection: 1.5 },
    { leaveDelay: 'soon' },
    { prefix: 'a b' },
    { startup: 'later' },
    { publishTimeout: 0 },
    { maxPendingPublishes: 0 },
    { ring: { messages: 0 } },
    { ring: { size: 1 } },
    { positionCheck: 0 },
    { nodeLease: 0 },
    { presence: {} },
    { outage: { deliver: 'all' } },
    { outage: { closeAfter: 0 } },
    { shutdownSpread: -1 },
  ] as unknown as RoomsModuleOptions[])('with such options of the module: %j', async (rooms) => {
    expect(await refusalOf({ forRoot: { rooms } })).toBeInstanceOf(InvalidWebSocketOptionException);
  });

  it.each([NotJoinedController, TwoJoinedController, OtherJoinedController, TwoUnnamedController])(
    'with a parameter for a room that cannot be told: %p',
    async (controller) => {
      const error = await refusalOf({ controllers: [controller], providers });
      expect(error).toBeInstanceOf(AmbiguousRoomParameterException);
      expect(error.message).toContain(`${controller.name}.chat()`);
    },
  );

  it('with a name of rooms by a parameter that one of the paths lacks', async () => {
    const error = await refusalOf({ controllers: [TemplateController], providers });
    expect(error).toBeInstanceOf(InvalidRoomsException);
    expect(error.message).toContain('has no parameter "team"');
  });
});
