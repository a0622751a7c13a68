import {
  HttpException,
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
  type NestApplicationOptions,
} from '@nestjs/common';
import type { WebSocketConnection } from 'nestjs-revali-ws';
import { connect, ContractViolationException, type TestWebSocket } from 'nestjs-revali-ws/testing';
import { map, tap, type Observable } from 'rxjs';
import { createApp as auth } from '../../../sample/03-auth/src/create-app.js';
import { ChatRooms } from '../../../sample/02-chat/src/chat/chat.rooms.js';
import { createApp as chat } from '../../../sample/02-chat/src/create-app.js';
import { createApp as echo } from '../../../sample/01-echo/src/create-app.js';
import { createApp as fastify } from '../../../sample/06-fastify/src/create-app.js';
import { createApp as feed } from '../../../sample/04-live-feed/src/create-app.js';
import { createApp as metrics } from '../../../sample/08-metrics/src/create-app.js';
import { createApp as migration } from '../../../sample/07-gateway-migration/src/create-app.js';
import { createApp as presence } from '../../../sample/09-presence/src/create-app.js';
import { createApp as upload } from '../../../sample/05-upload/src/create-app.js';

type Result = (value: unknown, connection: WebSocketConnection<object>) => unknown;

interface Sample {
  readonly createApp: (options?: NestApplicationOptions) => Promise<INestApplication>;
  readonly talk: (app: INestApplication) => Promise<void>;
}

/** Changes what a sample does, before it is initialized. */
type Mutation = (app: INestApplication) => void;

const VIEW = { requestId: '1', voter: 'Ann', votes: {} };
const CONTRACT = { contract: true } as const;

async function talkText(app: INestApplication, path: string): Promise<void> {
  const socket = await connect(app, path, CONTRACT);
  socket.send('hi');
  await socket.text();
  await socket.close();
}

/** The samples refuse with close codes. */
async function refused(app: INestApplication, path: string, code: number): Promise<void> {
  const socket = await connect(app, path, CONTRACT);
  expect((await socket.closed).code).toBe(code);
}

async function tokenFor(app: INestApplication): Promise<string> {
  const response = await fetch(new URL('/auth/sign-in', await app.getUrl()), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'user', password: 'made-up-password' }),
  });
  const body = (await response.json()) as { token: string };
  return body.token;
}

/** Where the connection ends, it tells how. */
async function say(socket: TestWebSocket, message: string | Buffer): Promise<void> {
  if (!socket.isOpen) await socket.closed;
  socket.send(message);
}

async function sayAndType(socket: TestWebSocket, other: TestWebSocket): Promise<void> {
  socket.send({ type: 'say', text: 'hello' });
  await Promise.all([socket.json(), other.json()]);
  socket.send({ type: 'typing' });
  await other.json();
}

const SAMPLES: Record<string, Sample> = {
  '01-echo': { createApp: echo, talk: (app) => talkText(app, '/example/websocket') },
  '08-metrics': { createApp: metrics, talk: (app) => talkText(app, '/example/websocket') },
  '02-chat': {
    createApp: chat,
    async talk(app) {
      await refused(app, '/chat/blue', 4400);
      const ann = await connect(app, '/chat/blue?name=Ann', CONTRACT);
      await ann.json();
      const bob = await connect(app, '/chat/blue?name=Bob', { ...CONTRACT, resume: true });
      await bob.json();
      await sayAndType(ann, bob);
      await Promise.all([ann.close(), bob.close()]);
    },
  },
  '03-auth': {
    createApp: auth,
    async talk(app) {
      await refused(app, '/live/member', 4401);
      const member = await connect(app, '/live/member', {
        ...CONTRACT,
        headers: { authorization: `Bearer ${await tokenFor(app)}` },
      });
      await member.text();
      await say(member, 'hi');
      await member.text();
      await member.close();
    },
  },
  '04-live-feed': {
    createApp: feed,
    async talk(app) {
      for (const path of ['/feed/blocks', '/feed/meters', '/feed/slow-reader']) {
        const reader = await connect(app, path, CONTRACT);
        await reader.json();
        await reader.close();
      }
    },
  },
  '05-upload': {
    createApp: upload,
    async talk(app) {
      const progress = await connect(app, '/uploads/progress?size=5', CONTRACT);
      const { id } = await progress.json<{ id: string }>();
      const content = await connect(app, `/uploads/${id}/content`, CONTRACT);
      await say(content, Buffer.from('bytes'));
      await progress.json();
      expect((await content.closed).code).toBe(1000);
      expect((await progress.closed).code).toBe(1000);
    },
  },
  '06-fastify': {
    createApp: fastify,
    async talk(app) {
      const voter = await connect(app, '/poll', CONTRACT);
      await voter.json();
      await say(voter, 'Soup');
      await voter.json();
      await voter.close();
    },
  },
  '07-gateway-migration': {
    createApp: migration,
    async talk(app) {
      await refused(app, '/board?name=Noah&key=red', 4403);
      const [noah, otto] = [
        await connect(app, '/board?name=Noah&key=blue+door', CONTRACT),
        await connect(app, '/events?name=Otto&key=blue+door', CONTRACT),
      ];
      await Promise.all([noah.json(), otto.json()]);
      otto.send({ event: 'post', data: 'hello' });
      await Promise.all([noah.json(), otto.json()]);
      await Promise.all([noah.close(), otto.close()]);
    },
  },
  '09-presence': {
    createApp: presence,
    async talk(app) {
      await refused(app, '/boards/one', 4403);
      const [ann, bob] = [
        await connect(app, '/boards/one?key=annannann&name=Ann', CONTRACT),
        await connect(app, '/boards/one?key=bobbobbob&name=Bob', CONTRACT),
      ];
      ann.send({ type: 'move', x: 0.5, y: 0.5 });
      await bob.json();
      await ann.close();
      await bob.json();
      await bob.close();
    },
  },
};

/** What handlers give, changed. */
function results(change: Result): Mutation {
  return (app) => {
    app.useGlobalInterceptors({
      intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
        if (context.getType() !== 'ws') return next.handle();
        const connection = context.switchToWs().getClient<WebSocketConnection<object>>();
        return next.handle().pipe(map((value) => change(value, connection)));
      },
    });
  };
}

/** What is done beside the handlers. */
function beside(act: (connection: WebSocketConnection<object>) => void): Mutation {
  return (app) => {
    app.useGlobalInterceptors({
      intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
        if (context.getType() !== 'ws') return next.handle();
        const connection = context.switchToWs().getClient<WebSocketConnection<object>>();
        return next.handle().pipe(tap(() => act(connection)));
      },
    });
  };
}

function refusing(status: number): Mutation {
  return (app) => {
    app.useGlobalGuards({
      canActivate() {
        throw new HttpException('No', status);
      },
    });
  };
}

const ANY: [name: string, mutation: Mutation][] = [
  ['sends bytes beside', beside((connection) => void connection.send(Buffer.from('x')))],
  ['closes with a code of its own', beside((connection) => connection.close(4321, 'Because'))],
  ['closes with 1011', beside((connection) => connection.close(1011, 'Internal server error'))],
  ['cuts the connection', beside(({ socket }) => socket?.terminate())],
  ['is refused with 418', refusing(418)],
  ['is refused with 500', refusing(500)],
];

const sends = (message: unknown): Mutation => beside((connection) => void connection.send(message));
const inBytes = results((value) => (typeof value === 'string' ? Buffer.from(value) : value));
const welcome = (change: object): Mutation =>
  results((value) => (typeof value === 'object' ? { ...value, ...change } : value));

const SPECIFIC: [sample: string, name: string, mutation: Mutation][] = [
  ['01-echo', 'answers in bytes', inBytes],
  ['03-auth', 'answers in bytes', inBytes],
  ['08-metrics', 'answers in bytes', inBytes],
  ['02-chat', 'has another type', welcome({ type: 'hello' })],
  ['02-chat', 'leaves a property out', welcome({ you: undefined })],
  ['02-chat', 'sends a number for a text', welcome({ you: { key: 1, name: 'Ann' } })],
  ['02-chat', 'sends a text for JSON', results((value) => (value === undefined ? value : 'hi'))],
  ['02-chat', 'broadcasts less', (app) => forget(app.get(ChatRooms, { strict: false }))],
  ['05-upload', 'forgets an id', sends({ received: 0 })],
  ['06-fastify', 'leaves properties out', sends({ voter: 'Ann' })],
  ['06-fastify', 'sends what no list has', sends({ ...VIEW, mine: 'Pizza' })],
  ['06-fastify', 'counts below zero', sends({ ...VIEW, votes: { Soup: -1 } })],
  ['07-gateway-migration', 'counts nobody', sends({ people: 0 })],
  ['09-presence', 'sends what is out of bounds', sends({ type: 'moved', key: 'a', x: 2, y: 0 })],
  ['09-presence', 'sends a part of a position', sends({ type: 'moved', key: 'a', x: 0 })],
  ['09-presence', 'sends what nobody knows', sends({ type: 'went', key: 'a' })],
];

const ALL = [
  ...Object.keys(SAMPLES).flatMap((sample) =>
    // What a call returns is sent before the close that it asks for, and a feed has no end.
    ANY.filter(([name]) => !(sample === '04-live-feed' && name.startsWith('closes'))).map(
      ([name, mutation]) => [sample, name, mutation] as const,
    ),
  ),
  ...SPECIFIC,
];

describe('A contract', () => {
  let app: INestApplication | undefined;
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  async function talk(sample: string, mutate?: Mutation): Promise<unknown> {
    const { createApp, talk: speak } = SAMPLES[sample] ?? { createApp: echo, talk: never };
    app = await createApp({ logger: false });
    mutate?.(app);
    await app.listen(0, '127.0.0.1');
    return speak(app).then(
      () => 'held',
      (error: unknown) => error,
    );
  }

  it.each(Object.keys(SAMPLES))('is held by the sample %s', async (sample) => {
    expect(await talk(sample)).toBe('held');
  });

  it('is tried with at least 40 mutations', () => {
    expect(ALL.length).toBeGreaterThanOrEqual(40);
  });

  it.each(ALL)('is broken by the sample %s that %s', async (sample, _name, mutate) => {
    expect(await talk(sample, mutate)).toBeInstanceOf(ContractViolationException);
  });
});

function never(): Promise<void> {
  throw new Error('No such sample');
}

function forget(rooms: ChatRooms): void {
  Reflect.set(rooms, 'memberOf', () => ({ key: 'ann' }));
}
