import { Controller, Injectable, Res, type Type } from '@nestjs/common';
import {
  DuplicateMessageHandlerException,
  DuplicateWebSocketRouteException,
  InvalidWebSocketOptionException,
  MessageOutsideControllerException,
  OnClose,
  OnConnect,
  OnMessage,
  UnsupportedParameterException,
  WebSocket,
  WebSocketController,
  type WebSocketControllerOptions,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { startFault } from '../../support/apps/start-fault.js';

function twice(first: () => MethodDecorator, second = first): Type<unknown> {
  @WebSocketController('chat')
  class ChatController {
    @first()
    one(): void {}

    @second()
    two(): void {}
  }
  return ChatController;
}

function withOptions(options: unknown, place: unknown = 'chat'): Type<unknown> {
  @WebSocketController(place as string, options as WebSocketControllerOptions)
  class ChatController {
    @OnMessage('say')
    say(): void {}
  }
  return ChatController;
}

function withType(type: unknown): Type<unknown> {
  @WebSocketController('chat')
  class ChatController {
    @OnMessage(type as string)
    say(): void {}
  }
  return ChatController;
}

function outside(decorator: MethodDecorator): Type<unknown> {
  @Controller('chat')
  class ChatController {
    @decorator
    say(): void {}
  }
  return ChatController;
}

@Injectable()
class ChatService {
  @OnMessage('say')
  say(): void {}
}

@WebSocketController('chat')
class ResponseController {
  @OnMessage('say')
  say(@Res() response: unknown): unknown {
    return response;
  }
}

@WebSocketController('chat')
class CrowdedController {
  @WebSocket()
  all(): void {}

  @OnMessage('say')
  say(): void {}
}

const say = () => OnMessage('say');
const list = () => OnMessage(['tell', 'say']);

const IN_CLASS = 'ChatController.two() has';
const FIRST = 'which ChatController.one() has already. Leave it to one of them';
const OUTSIDE = 'but ChatController is not a controller with @WebSocketController()';

type Refusal = readonly [
  what: string,
  controller: Type<unknown>,
  exception: Type<Error>,
  text: string | RegExp,
];

const refusals: readonly Refusal[] = [
  [
    'one type twice',
    twice(say),
    DuplicateMessageHandlerException,
    `${IN_CLASS} @OnMessage('say'), ${FIRST}`,
  ],
  ['a type of two lists', twice(say, list), DuplicateMessageHandlerException, "@OnMessage('say')"],
  [
    'the rest twice',
    twice(OnMessage),
    DuplicateMessageHandlerException,
    `${IN_CLASS} @OnMessage(), ${FIRST}`,
  ],
  ['two for the opening', twice(OnConnect), DuplicateMessageHandlerException, '@OnConnect()'],
  ['two for the end', twice(OnClose), DuplicateMessageHandlerException, '@OnClose()'],
  [
    '@OnMessage() elsewhere',
    outside(OnMessage('say')),
    MessageOutsideControllerException,
    `ChatController.say() has @OnMessage('say'), ${OUTSIDE}`,
  ],
  [
    '@OnConnect() elsewhere',
    outside(OnConnect()),
    MessageOutsideControllerException,
    '@OnConnect()',
  ],
  ['@OnClose() elsewhere', outside(OnClose()), MessageOutsideControllerException, '@OnClose()'],
  [
    'a type that is no text',
    withType(5),
    InvalidWebSocketOptionException,
    'ChatController.say(): the option "type of @OnMessage()" is 5. Use one string',
  ],
  [
    'a type that is not there',
    withType(undefined),
    InvalidWebSocketOptionException,
    'ChatController.say(): the option "type of @OnMessage()" is undefined. Use one string',
  ],
  [
    'an empty list of types',
    withType([]),
    InvalidWebSocketOptionException,
    'is []. Use one string',
  ],
  [
    'sendOnly',
    withOptions({ mode: 'sendOnly' }),
    InvalidWebSocketOptionException,
    'ChatController: the option "mode" is \'sendOnly\'. Use @OnConnect()',
  ],
  [
    'triggerOnConnect',
    withOptions({ triggerOnConnect: true }),
    InvalidWebSocketOptionException,
    'Put @OnConnect() on the method',
  ],
  [
    'a number as by',
    withOptions({ by: 5 }),
    InvalidWebSocketOptionException,
    'the option "by" is 5. Use the name of a property, or a function',
  ],
  [
    'an empty by',
    withOptions({ by: '' }),
    InvalidWebSocketOptionException,
    'the option "by" is \'\'.',
  ],
  [
    'a function as body',
    withOptions({ body: () => 1 }),
    InvalidWebSocketOptionException,
    'the option "body" is',
  ],
  [
    'an empty body',
    withOptions({ body: '' }),
    InvalidWebSocketOptionException,
    'Use the name of a property.',
  ],
  [
    'a property of a text',
    withOptions({ format: 'text' }),
    InvalidWebSocketOptionException,
    "With the format 'text' messages have no properties.",
  ],
  [
    'a body of bytes',
    withOptions({ format: 'raw', by: () => 'say', body: 'data' }),
    InvalidWebSocketOptionException,
    'the option "body" is \'data\'',
  ],
  [
    'an unknown option',
    withOptions({ bye: 'event' }),
    InvalidWebSocketOptionException,
    'the option "bye"',
  ],
  [
    'options as the place',
    withOptions({}, { by: 'event' }),
    InvalidWebSocketOptionException,
    'go into the second argument of @WebSocketController()',
  ],
  [
    '@Res()',
    ResponseController,
    UnsupportedParameterException,
    'ResponseController.say() uses @Res()',
  ],
  [
    'another route at its path',
    CrowdedController,
    DuplicateWebSocketRouteException,
    /CrowdedController(\.all\(\))? serves/,
  ],
];

describe.each(platforms)('at the start, a controller of messages on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(refusals)('is refused for %s', async (_what, controller, exception, text) => {
    const fault = await startFault(platform, { controllers: [controller] });
    expect(fault).toBeInstanceOf(exception);
    expect(fault).toHaveProperty(
      'message',
      typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text),
    );
  });

  it('is refused among the providers', async () => {
    const fault = await startFault(platform, { providers: [ChatService] });
    expect(fault).toBeInstanceOf(MessageOutsideControllerException);
  });

  it('may take one type by two decorators of a method', async () => {
    @WebSocketController('chat')
    class ChatController {
      @OnMessage('say')
      @OnMessage(['say', 'tell'])
      @OnMessage()
      say(): string {
        return 'heard';
      }
    }
    const app = await startApp(platform, { controllers: [ChatController] });
    const client = await app.connect('/chat');
    for (const type of ['say', 'tell', 'whatever']) {
      client.sendJson({ type });
      expect(await client.text()).toBe('heard');
    }
  });
});
