import type { Parser } from './app.js';
import { ErrorsGateway, gatewayAt, ResultsGateway, ScopedGateway } from './classes.js';
import { replies, type Behaviour, type GatewayRun, type StockDifference } from './run.js';

/** What comes for one event, up to the answer to a later one. */
async function results(run: GatewayRun, event: string): Promise<unknown[]> {
  const app = await run.start([ResultsGateway]);
  const client = await app.connect('/results');
  client.sendJson({ event });
  client.sendJson({ event: 'late' });
  const seen: unknown[] = [];
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const message = await client.next();
    const shown = message.isBinary ? [...message.data] : message.data;
    if (shown === '{"event":"late","data":null}') return seen;
    seen.push(shown);
  }
}

/** The first answer, where an event that gets one in every case is sent behind. */
async function errors(run: GatewayRun, event: string): Promise<unknown> {
  const app = await run.start([ErrorsGateway]);
  const client = await app.connect('/errors');
  client.sendJson({ event, data: 4 });
  client.sendJson({ event: 'piped', data: 0 });
  const first = await client.json<{ event?: string }>();
  if (first.event !== 'piped') return first;
  return client.json(100).catch(() => 'nothing');
}

const exception = (message: string, pattern: string): unknown => ({
  event: 'exception',
  data: { status: 'error', message, cause: { pattern, data: 4 } },
});
/** It emits it on the socket object, where no client hears it. */
const silent: readonly StockDifference[] = [
  { nest: 11, instead: 'the client gets nothing', seen: 'nothing' },
];

const pairs: Parser = (frame) => {
  const pair: unknown = JSON.parse(String(frame));
  if (!Array.isArray(pair)) throw new Error('no pair');
  return { event: String(pair[0]), data: pair[1] };
};

async function withParser(run: GatewayRun, name: 'parser' | 'laterParser'): Promise<unknown> {
  const app = await run.start([gatewayAt(undefined, undefined)], { [name]: pairs });
  const client = await app.connect('/');
  client.sendJson(['push', 4]);
  return client.json();
}

/** A frame that is nothing for the gateway, and then one that is. */
async function afterwards(run: GatewayRun, frame: string | Uint8Array): Promise<unknown> {
  const app = await run.start([gatewayAt(undefined, undefined)]);
  const client = await app.connect('/');
  client.send(frame);
  return replies(client, 'push');
}

const answered = [{ event: 'pop', data: 4 }];

export const messageBehaviours: readonly Behaviour[] = [
  {
    name: 'a returned value',
    see: (run) => results(run, 'value'),
    expected: ['{"event":"value","data":1}'],
  },
  {
    name: 'a promise',
    see: (run) => results(run, 'promise'),
    expected: ['{"event":"promise","data":1}'],
  },
  {
    name: 'an Observable: one message per item',
    see: (run) => results(run, 'observable'),
    expected: ['{"event":"observable","data":1}', '{"event":"observable","data":2}'],
  },
  {
    name: 'a promise of an Observable',
    see: (run) => results(run, 'promise of observable'),
    expected: ['{"event":"both","data":1}', '{"event":"both","data":2}'],
  },
  {
    name: 'an async generator: one message per item',
    see: (run) => results(run, 'generator'),
    expected: ['{"event":"generator","data":1}', '{"event":"generator","data":2}'],
    stock: [{ instead: '`{}`', seen: ['{}'] }],
  },
  {
    name: '`undefined` and `null` send nothing',
    see: async (run) => [await results(run, 'nothing'), await results(run, 'null')],
    expected: [[], []],
  },
  {
    name: 'a string is sent as JSON',
    see: (run) => results(run, 'text'),
    expected: ['"text"'],
  },
  {
    name: 'a `Buffer` is a binary frame',
    see: (run) => results(run, 'bytes'),
    expected: [[1, 2, 255]],
    stock: [{ instead: 'JSON of the object', seen: ['{"type":"Buffer","data":[1,2,255]}'] }],
  },
  {
    name: 'a typed array is a binary frame',
    see: (run) => results(run, 'typed array'),
    expected: [[2, 1]],
    stock: [{ instead: 'JSON of the object', seen: ['{"0":258}'] }],
  },
  {
    name: '`@Ack()` is undefined, the result is sent',
    see: (run) => results(run, 'acknowledged'),
    expected: ['{"event":"acknowledged","data":"undefined"}'],
  },
  {
    name: '`WsException` becomes an `exception` event',
    see: (run) => errors(run, 'ws exception'),
    expected: exception('no such room', 'ws exception'),
    stock: silent,
  },
  {
    name: '`WsException` with an object: the object',
    see: (run) => errors(run, 'object'),
    expected: { event: 'exception', data: { code: 7 } },
    stock: silent,
  },
  {
    name: 'a rejected promise becomes an `exception` event',
    see: (run) => errors(run, 'rejection'),
    expected: exception('later', 'rejection'),
    stock: silent,
  },
  {
    name: 'another error: `Internal server error`, the client stays',
    see: (run) => errors(run, 'error'),
    expected: exception('Internal server error', 'error'),
    stock: silent,
  },
  {
    name: 'a refusal by a guard becomes an `exception` event',
    see: (run) => errors(run, 'guarded'),
    expected: exception('Forbidden resource', 'guarded'),
    stock: silent,
  },
  {
    name: 'pipes',
    see: async (run) => {
      const app = await run.start([ErrorsGateway]);
      return replies(await app.connect('/errors'), 'piped');
    },
    expected: [{ event: 'piped', data: 8 }],
  },
  {
    name: 'a message parser in the options',
    see: (run) => withParser(run, 'parser'),
    expected: { event: 'pop', data: 4 },
  },
  {
    name: 'a message parser from `setMessageParser()`',
    see: (run) => withParser(run, 'laterParser'),
    expected: { event: 'pop', data: 4 },
  },
  {
    name: 'JSON in a binary frame',
    see: async (run) => {
      const app = await run.start([gatewayAt(undefined, undefined)]);
      const client = await app.connect('/');
      client.send(Buffer.from('{"event":"push","data":4}'));
      return client.json();
    },
    expected: { event: 'pop', data: 4 },
  },
  {
    name: 'an unknown event is ignored',
    see: (run) => afterwards(run, '{"event":"unheard of"}'),
    expected: answered,
  },
  {
    name: "a frame that isn't JSON is ignored",
    see: (run) => afterwards(run, '{"event":'),
    expected: answered,
  },
  {
    // Nest 11 calls such gateways without ever constructing them.
    since: 12,
    name: 'a request-scoped gateway: one instance per client',
    see: async (run) => {
      const app = await run.start([ScopedGateway]);
      const first = await replies(await app.connect('/scoped'), 'count', 'count');
      return [...first, ...(await replies(await app.connect('/scoped'), 'count'))];
    },
    expected: [1, 2, 1].map((data) => ({ event: 'count', data })),
  },
];
