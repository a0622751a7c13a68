import { Body, Controller, type Type } from '@nestjs/common';
import {
  InvalidWebSocketOptionException,
  OnMessage,
  WebSocket,
  WebSocketController,
  type MessageCodec,
  type MessageTypeReader,
} from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { startFault } from '../../support/apps/start-fault.js';
import { unhandled, type UnhandledRecorder } from '../../support/faults/leaks.js';

const parse = (data: Buffer): unknown => JSON.parse(data.toString());
const encode = (value: unknown): string => JSON.stringify(value);

/** Not async to look at. */
const promising: MessageCodec = {
  decode: (data) => Promise.resolve(data).then(parse),
  encode,
};

/** TypeScript lets it pass. */
const asyncDecoder: MessageCodec = { decode: async (data) => parse(data), encode };

// What TypeScript would not let pass, plain JavaScript does.
const asyncEncoder = { decode: parse, encode: async () => '' } as unknown as MessageCodec;
const asyncReader = (async () => 'say') as unknown as MessageTypeReader;
const promisingReader = ((message: unknown) =>
  typeof message === 'object'
    ? Promise.resolve('say')
    : Promise.reject(new Error('secret'))) as unknown as MessageTypeReader;

function withFormat(format: MessageCodec): Type<unknown> {
  @Controller()
  class ChatController {
    @WebSocket('chat', { format })
    say(): void {}
  }
  return ChatController;
}

@WebSocketController('async', { by: asyncReader })
class AsyncController {
  @OnMessage('say')
  say(): void {}
}

@WebSocketController('decoded', { format: promising })
class DecodedController {
  @OnMessage('say')
  say(): string {
    return 'said';
  }

  @OnMessage()
  rest(): string {
    return 'rest';
  }
}

@WebSocketController('told', { by: promisingReader, errors: 'reply' })
class ToldController {
  @OnMessage('say')
  say(): string {
    return 'said';
  }
}

@WebSocketController('told-rest', { by: promisingReader })
class RestController {
  @OnMessage('say')
  say(): string {
    return 'said';
  }

  @OnMessage()
  rest(): string {
    return 'rest';
  }
}

@Controller()
class PlainController {
  @WebSocket('whole', { format: promising })
  whole(@Body() message: unknown): unknown {
    return message;
  }

  @WebSocket('part', { format: promising, errors: 'reply' })
  part(@Body('text') text: unknown): unknown {
    return text;
  }
}

const controllers = [PlainController, DecodedController, ToldController, RestController];
const PAYLOADS = ['{"type":"say","text":"hi"}', 'no json'];
const FAULT = 'decode() returned a promise; return the value instead';
const UNKNOWN = { error: { statusCode: 400, message: 'Unknown message type' } };

describe.each(platforms)('a promise in place of a value on $name', (platform) => {
  let recorder: UnhandledRecorder;
  beforeEach(() => {
    recorder = unhandled();
  });
  afterEach(async () => {
    await recorder.release();
    await closeAllApps();
  });

  it.each([
    ['decode', withFormat(asyncDecoder), 'ChatController.say(): the option "format.decode" is'],
    ['encode', withFormat(asyncEncoder), 'ChatController.say(): the option "format.encode" is'],
    ['by', AsyncController, 'AsyncController: the option "by" is'],
  ])('is refused at start where the function is async: %s', async (_what, controller, text) => {
    const fault = await startFault(platform, { controllers: [controller] });
    expect(fault).toBeInstanceOf(InvalidWebSocketOptionException);
    expect(fault.message).toContain(text);
    expect(fault.message).toContain('Use a function that is not async');
  });

  it.each(['whole', 'decoded'])('is a fault of the decoder: %s', async (path) => {
    const app = await startApp(platform, { controllers });
    for (const payload of PAYLOADS) {
      const client = await app.connect(path);
      client.send(payload);
      expect(await client.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
    }
    expect(await recorder.release()).toEqual([]);
    const errors = app.logs.messages('error');
    expect(errors).toEqual([expect.stringContaining(FAULT), expect.stringContaining(FAULT)]);
  });

  it('is a fault that is answered where the route says so', async () => {
    const app = await startApp(platform, { controllers });
    const client = await app.connect('part');
    for (const payload of PAYLOADS) {
      client.send(payload);
      expect(await client.json()).toMatchObject({ error: { statusCode: 500 } });
    }
    expect(await recorder.release()).toEqual([]);
  });

  it('is no type, and the log says so once', async () => {
    const app = await startApp(platform, { controllers });
    const client = await app.connect('told');
    for (const payload of PAYLOADS) {
      client.send(payload);
      expect(await client.json()).toEqual(UNKNOWN);
    }
    const rest = await app.connect('told-rest');
    for (const payload of PAYLOADS) {
      rest.send(payload);
      expect(await rest.text()).toBe('rest');
    }
    expect(await recorder.release()).toEqual([]);
    expect(app.logs.messages('warn')).toEqual([
      'ToldController: the function "by" returned a promise, which names no type. Return the type itself.',
      'RestController: the function "by" returned a promise, which names no type. Return the type itself.',
    ]);
  });
});
