import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { InvalidWebSocketOptionException } from '../../../lib/errors/revali-ws.exceptions.js';
import type { WebSocketRouteOptions } from '../../../lib/options/revali-ws.options.js';
import {
  resolveModuleOptions,
  resolveRouteOptions,
  type ResolvedRouteOptions,
} from '../../../lib/options/revali-ws.options.resolver.js';

const MiB = 1024 * 1024;

function route(options: WebSocketRouteOptions = {}, module: object = {}): ResolvedRouteOptions {
  return resolveRouteOptions('ChatController.join()', options, resolveModuleOptions(module));
}

describe('the options of a route', () => {
  it('have the defaults of the documentation', () => {
    expect(route()).toMatchObject({
      mode: 'twoWay',
      triggerOnConnect: false,
      format: 'auto',
      concurrency: 1,
      guards: 'connection',
      protocols: undefined,
      origins: 'same-origin',
      ping: { interval: 30_000, timeout: 30_000 },
      maxPayload: MiB,
      backpressure: { highWaterMark: MiB, policy: 'wait', timeout: 30_000 },
      messageRate: undefined,
      idleTimeout: undefined,
      maxLifetime: undefined,
      errors: 'close',
      beat: false,
      expires: undefined,
    });
  });

  it('take from the module what they leave out', () => {
    const expires = (): number => 5;
    const module = {
      ping: '5s',
      origins: '*',
      maxPayload: 10,
      backpressure: { policy: 'drop' },
      messageRate: { limit: 3, per: '1s' },
      idleTimeout: '1m',
      maxLifetime: '1h',
      errors: 'reply',
      beat: '20s',
      guards: { every: '5m' },
      expires,
    };
    expect(route({}, module)).toMatchObject({
      ping: { interval: 5_000, timeout: 5_000 },
      origins: '*',
      maxPayload: 10,
      backpressure: { highWaterMark: MiB, policy: 'drop', timeout: 30_000 },
      messageRate: { limit: 3, per: 1_000 },
      idleTimeout: 60_000,
      maxLifetime: 3_600_000,
      errors: 'reply',
      beat: 20_000,
      guards: { every: 300_000 },
      expires,
    });
    expect(route({ maxPayload: 20, errors: 'close', beat: false }, module)).toMatchObject({
      beat: false,
      maxPayload: 20,
      errors: 'close',
      idleTimeout: 60_000,
    });
  });

  it.each([
    ['the mark of the route', {}, { highWaterMark: 9 }, { messages: 1_000, bytes: 9 }],
    ['the mark of the module', { highWaterMark: 5 }, {}, { messages: 1_000, bytes: 5 }],
    [
      'the module',
      { maxWaiting: { messages: 3, bytes: 4 } },
      { highWaterMark: 9 },
      { messages: 3, bytes: 4 },
    ],
    [
      'the route, in part',
      { maxWaiting: { messages: 3, bytes: 4 } },
      { maxWaiting: { messages: 0 } },
      { messages: 0, bytes: 4 },
    ],
  ])('take what may wait from %s', (_name, ofModule, ofRoute, expected) => {
    const { backpressure } = route({ backpressure: ofRoute }, { backpressure: ofModule });
    expect(backpressure.maxWaiting).toEqual(expected);
  });

  it('take what they leave out of backpressure from the module too', () => {
    const module = { backpressure: { highWaterMark: 5, timeout: 7 } };
    expect(route({ backpressure: { policy: 'close' } }, module).backpressure).toEqual({
      highWaterMark: 5,
      policy: 'close',
      timeout: 7,
      maxWaiting: { messages: 1_000, bytes: 5 },
    });
  });

  it.each<[WebSocketRouteOptions['ping'], ResolvedRouteOptions['ping']]>([
    [1_000, { interval: 1_000, timeout: 1_000 }],
    ['2m', { interval: 120_000, timeout: 120_000 }],
    [{ interval: '10s' }, { interval: 10_000, timeout: 10_000 }],
    [
      { interval: '10s', timeout: '3s' },
      { interval: 10_000, timeout: 3_000 },
    ],
    [false, false],
    [undefined, { interval: 30_000, timeout: 30_000 }],
    [0.5, { interval: 1, timeout: 1 }],
  ])('read ping: %j', (ping, resolved) => {
    expect(route({ ping }).ping).toEqual(resolved);
  });

  it.each([
    ['https://a.example'],
    ['http://localhost:3000'],
    ['https://a.example:443'],
    ['HTTPS://A.Example'],
    ['app://-'],
    ['null'],
    [/\.example$/],
  ])('take %s for an origin', (origin) => {
    expect(route({ origins: [origin] }).origins).toEqual([origin]);
  });

  it('take a function for origins, for subprotocols and for formats', () => {
    const origins = (): boolean => true;
    const codec = { decode: () => 1, encode: () => '' };
    expect(route({ origins }).origins).toBe(origins);
    expect(route({ format: codec }).format).toBe(codec);
    const choose = (): string => 'a';
    expect(route({ protocols: choose }).protocols).toEqual({ choose, required: false });
  });

  it('choose the subprotocol that the client likes best', async () => {
    const { protocols } = route({ protocols: { supported: ['a', 'b'], required: true } });
    expect(protocols?.required).toBe(true);
    const request = new IncomingMessage(new Socket());
    expect(await protocols?.choose(['x', 'b', 'a'], request)).toBe('b');
    expect(await protocols?.choose(['x'], request)).toBeUndefined();
  });
});

describe('an option that cannot be honoured is refused', () => {
  const refusalOf = (options: object): string => {
    try {
      route(options);
    } catch (error) {
      if (error instanceof InvalidWebSocketOptionException) return error.message;
      throw error;
    }
    return 'not refused';
  };

  it.each<[option: string, options: object, cure: string]>([
    ['pings', { pings: 5 }, 'There is no such option; use one of ping, beat, origins, '],
    ['observers', { observers: [] }, 'There is no such option; use one of '],
    ['ping', { ping: 0 }, "Use milliseconds above 0 and below 25 days, or a string such as '5s'"],
    ['ping', { ping: -5 }, 'Use milliseconds'],
    ['ping', { ping: Number.NaN }, 'Use milliseconds'],
    ['ping', { ping: Infinity }, 'Use milliseconds'],
    ['ping', { ping: 2 ** 31 }, 'Use milliseconds'],
    ['ping', { ping: '' }, 'Use milliseconds'],
    ['ping', { ping: 'often' }, 'Use milliseconds'],
    ['ping', { ping: '30 days' }, 'Use milliseconds'],
    ['ping', { ping: true }, 'Use milliseconds'],
    ['ping', { ping: null }, 'Use milliseconds'],
    ['ping.interval', { ping: { timeout: 5 } }, "Use milliseconds or a string such as '5s'."],
    ['ping.timeout', { ping: { interval: 5, timeout: 0 } }, 'Use milliseconds'],
    [
      'ping.every',
      { ping: { every: 5 } },
      'There is no such option; use one of interval, timeout.',
    ],
    ['origins', { origins: 'https://a.example' }, "Use 'same-origin', '*', a list"],
    ['origins', { origins: ['https://a.example/'] }, 'Write an origin as a browser sends it'],
    ['origins', { origins: ['https://a.example/chat'] }, 'Write an origin'],
    ['origins', { origins: ['a.example'] }, 'Write an origin'],
    ['origins', { origins: ['*'] }, 'Write an origin'],
    ['origins', { origins: ['https://*.example'] }, 'Write an origin'],
    ['origins', { origins: ['https://u:p@a.example'] }, 'Write an origin'],
    ['origins', { origins: [''] }, 'Write an origin'],
    ['origins', { origins: [5] }, 'Write an origin'],
    ['maxPayload', { maxPayload: 0 }, 'Use an integer of at least 1.'],
    ['maxPayload', { maxPayload: 1.5 }, 'Use an integer of at least 1.'],
    ['maxPayload', { maxPayload: '1mb' }, 'Use an integer of at least 1.'],
    ['concurrency', { concurrency: 0 }, 'Use an integer of at least 1.'],
    ['concurrency', { concurrency: Infinity }, 'Use an integer of at least 1.'],
    ['mode', { mode: 'both' }, "Use one of 'twoWay', 'receiveOnly', 'sendOnly'."],
    ['format', { format: 'xml' }, "Use one of 'auto', 'raw', 'text', 'json', 'binary'."],
    ['format', { format: null }, "Use one of 'auto', 'raw', 'text', 'json', 'binary'."],
    ['backpressure', { backpressure: null }, 'Use an object.'],
    ['messageRate', { messageRate: 5 }, 'Use an object.'],
    ['format.encode', { format: { decode: () => 1 } }, 'Use a function.'],
    ['format.decode', { format: { encode: () => '' } }, 'Use a function.'],
    ['errors', { errors: 'ignore' }, "Use one of 'close', 'reply'."],
    ['guards', { guards: 'never' }, "Use 'connection', 'message' or { every: '5m' }."],
    ['guards', { guards: null }, "Use 'connection', 'message' or { every: '5m' }."],
    ['guards.every', { guards: {} }, "Use milliseconds or a string such as '5m'."],
    ['guards.every', { guards: { every: 0 } }, 'Use milliseconds above 0'],
    ['guards.every', { guards: { every: 2 ** 31 } }, 'Use milliseconds above 0'],
    ['guards.each', { guards: { each: 5 } }, 'There is no such option; use one of every.'],
    ['beat', { beat: 0 }, 'Use milliseconds above 0'],
    ['beat', { beat: true }, 'Use milliseconds above 0'],
    ['beat', { beat: 'often' }, 'Use milliseconds above 0'],
    ['beat', { beat: null }, 'Use milliseconds above 0'],
    ['expires', { expires: '1h' }, 'Use a function.'],
    ['expires', { expires: 5 }, 'Use a function.'],
    ['expires', { expires: async () => 5 }, 'Use a function that is not async'],
    ['triggerOnConnect', { triggerOnConnect: 1 }, 'Use true or false.'],
    ['backpressure.size', { backpressure: { size: 1 } }, 'There is no such option; use one of'],
    ['backpressure.highWaterMark', { backpressure: { highWaterMark: 0 } }, 'Use an integer'],
    [
      'backpressure.policy',
      { backpressure: { policy: 'x' } },
      "Use one of 'wait', 'drop', 'close'.",
    ],
    ['backpressure.timeout', { backpressure: { timeout: 0 } }, 'Use milliseconds'],
    ['messageRate.limit', { messageRate: { per: 1 } }, 'Use an integer of at least 1.'],
    [
      'messageRate.per',
      { messageRate: { limit: 1 } },
      "Use milliseconds or a string such as '1s'.",
    ],
    ['messageRate.limit', { messageRate: { limit: 0, per: 1 } }, 'Use an integer'],
    ['idleTimeout', { idleTimeout: 0 }, 'Use milliseconds'],
    ['maxLifetime', { maxLifetime: 'ever' }, 'Use milliseconds'],
    ['protocols', { protocols: 'chat' }, 'Use a list of names or a function.'],
    ['protocols', { protocols: ['a b'] }, 'Use names made of letters, digits'],
    ['protocols', { protocols: [''] }, 'Use names made of letters, digits'],
    [
      'protocols.required',
      { protocols: { supported: ['a'], required: 'yes' } },
      'Use true or false.',
    ],
    ['protocols.list', { protocols: { list: ['a'] } }, 'There is no such option; use one of'],
  ])('%s: %o', (option, options, cure) => {
    const refusal = refusalOf(options);
    expect(refusal).toContain(`ChatController.join(): the option "${option}" is `);
    expect(refusal).toContain(cure);
  });

  it('with its value, cut where it is long', () => {
    expect(refusalOf({ mode: 'x'.repeat(500) })).toMatch(
      / is 'x{80}'\.\.\. 420 more characters\. /,
    );
  });
});

describe('the options of the module', () => {
  it('have the defaults of the documentation', () => {
    expect(resolveModuleOptions({})).toMatchObject({
      perMessageDeflate: false,
      maxQueuedMessages: 64,
      maxConnections: undefined,
      maxPendingHandshakes: 1_000,
      handshakeTimeout: 10_000,
      closeTimeout: 5_000,
      shutdownTimeout: 10_000,
      observers: [],
    });
  });

  it.each<[option: string, options: object]>([
    ['mode', { mode: 'twoWay' }],
    ['concurrency', { concurrency: 2 }],
    ['maxQueuedMessages', { maxQueuedMessages: 0 }],
    ['maxConnections', { maxConnections: 0 }],
    ['maxPendingHandshakes', { maxPendingHandshakes: 0 }],
    ['handshakeTimeout', { handshakeTimeout: 0 }],
    ['closeTimeout', { closeTimeout: 'soon' }],
    ['shutdownTimeout', { shutdownTimeout: -1 }],
    ['observers', { observers: 'none' }],
    ['origins', { origins: ['https://a.example/'] }],
  ])('are refused where they cannot be honoured: %s as %o', (option, options) => {
    expect(() => resolveModuleOptions(options)).toThrow(InvalidWebSocketOptionException);
    expect(() => resolveModuleOptions(options)).toThrow(
      `RevaliWsModule.forRoot(): the option "${option}" is `,
    );
  });
});
