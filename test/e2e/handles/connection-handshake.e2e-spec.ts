import {
  Body,
  Controller,
  createParamDecorator,
  Get,
  Injectable,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { WebSocket, WebSocketConnection, type ConnectionHandshake } from 'nestjs-revali-ws';
import { fakeConnection } from 'nestjs-revali-ws/testing';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

/** What libraries for gateways take the client for. */
interface Client {
  headers?: Readonly<Record<string, string | undefined>>;
  handshake?: {
    readonly headers: Readonly<Record<string, string | undefined>>;
    readonly query: Readonly<Record<string, unknown>>;
    readonly auth: { readonly token?: string };
    user?: string;
  };
  session?: object | null;
}

const clientOf = (context: ExecutionContext): Client =>
  context.getType() === 'ws'
    ? context.switchToWs().getClient()
    : context.switchToHttp().getRequest();

const Session = createParamDecorator((_: unknown, context) => clientOf(context).session);

/** As session guards for HTTP and gateways are: it looks for headers in both places. */
@Injectable()
class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const client = clientOf(context);
    const headers = client.headers ?? client.handshake?.headers ?? {};
    client.session = headers['cookie'] === 'sid=1' ? { user: 'ada' } : null;
    return client.session !== null;
  }
}

/** As token guards for socket.io are: of several places, whichever has a token. */
@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'ws') return true;
    const { handshake } = context.switchToWs().getClient<Client>();
    const token = handshake?.auth.token ?? handshake?.query['token'];
    if (typeof token !== 'string' || !handshake) return false;
    handshake.user = `the owner of ${token}`;
    return true;
  }
}

@Controller()
class ChatController {
  @WebSocket('session', { guards: 'message' })
  @UseGuards(SessionGuard)
  session(@Body() _message: string, @Session() session: object): object {
    return session;
  }

  @WebSocket('token', { guards: 'message' })
  @UseGuards(TokenGuard)
  token(@Body() _message: string, connection: WebSocketConnection): object {
    return { ...connection.handshake };
  }

  @WebSocket('all')
  all(@Body() _message: string, connection: WebSocketConnection): object {
    const { handshake, headers, request } = connection;
    return {
      ...handshake,
      query: { ...handshake.query },
      inherited: ['constructor', '__proto__', 'toString'].filter((name) => handshake.query[name]),
      same: [
        headers === request.headers,
        handshake.headers === request.headers,
        handshake === connection.handshake,
        handshake.query === handshake.query,
      ],
    };
  }

  @WebSocket('auth')
  auth(@Body() _message: string, { handshake }: WebSocketConnection): object {
    return { faults: faultsOfWriting(handshake), keys: Object.keys(handshake.auth) };
  }
}

@Controller('handles')
class HandlesController {
  constructor(private readonly connection: WebSocketConnection) {}

  @Get('headers')
  headers(): object {
    return this.connection.headers;
  }

  @Get('handshake')
  handshake(): object {
    return this.connection.handshake;
  }
}

function faultsOfWriting({ auth }: ConnectionHandshake): string[] {
  return ['token', '__proto__', 'constructor'].filter((name) => {
    const isWritten = Reflect.set(auth, name, { admin: true });
    return isWritten || Reflect.get(auth, name) !== undefined;
  });
}

async function answerOf(app: RunningApp, path: string, headers = {}): Promise<unknown> {
  const client = await app.connect(path, { headers });
  client.send('x');
  const answer = await client.json();
  client.terminate();
  return answer;
}

describe.each(platforms)('the handshake of a connection on $name', (platform) => {
  afterEach(closeAllApps);

  const start = () => startApp(platform, { controllers: [ChatController, HandlesController] });

  it('is where guards that run before each message look for a cookie', async () => {
    const app = await start();
    expect(await answerOf(app, '/session', { cookie: 'sid=1' })).toEqual({ user: 'ada' });
  });

  it('is where they look for a token, and leave a user', async () => {
    const app = await start();
    expect(await answerOf(app, '/token?token=7')).toMatchObject({ user: 'the owner of 7' });
    const stranger = await app.connect('/token');
    stranger.send('x');
    expect(await stranger.closed).toMatchObject({ code: 1008, reason: 'Forbidden resource' });
  });

  it('has the headers of the request, and one query', async () => {
    const app = await start();
    expect(await answerOf(app, '/all')).toMatchObject({ same: [true, true, true, true] });
  });

  it.each([
    ['', {}],
    ['?', {}],
    ['?a=1&b=two%20words&c=a+b', { a: '1', b: 'two words', c: 'a b' }],
    ['?a=1&a=2', { a: ['1', '2'] }],
    ['?a[b]=1&empty&none=', { 'a[b]': '1', empty: '', none: '' }],
    ['?a=b?c=d', { a: 'b?c=d' }],
    ['?a=%E0%A4%A', { a: '\ufffd%A' }],
  ])('reads the query %j as texts and lists', async (query, expected) => {
    const app = await start();
    expect(await answerOf(app, `/all${query}`)).toMatchObject({ query: expected, inherited: [] });
  });

  it('reads names that objects inherit as any other', async () => {
    const app = await start();
    const answer = await answerOf(app, '/all?__proto__=1&constructor=2');
    expect(answer).toMatchObject({ inherited: ['constructor', '__proto__'] });
  });

  it('reads as many names as a URL can hold', async () => {
    const app = await start();
    const names = Array.from({ length: 1_500 }, (_, at) => `a${at}`);
    const answer = (await answerOf(app, `/all?${names.join('&')}`)) as { query: object };
    expect(Object.keys(answer.query)).toHaveLength(1_500);
  });

  it('has nothing in the place of what socket.io clients send, and nobody can put something there', async () => {
    const app = await start();
    expect(await answerOf(app, '/auth')).toEqual({ faults: [], keys: [] });
  });

  it('is not there in a plain HTTP request', async () => {
    const app = await start();
    for (const name of ['headers', 'handshake']) {
      app.logs.clear();
      expect((await app.get(`/handles/${name}`)).status).toBe(500);
      expect(app.logs.messages('error').join()).toContain(`WebSocketConnection.${name}`);
    }
  });

  it('is that of a fake connection', () => {
    const { handshake, headers } = fakeConnection({
      request: { url: '/chat?token=7', headers: { cookie: 'a=1' } },
    });
    expect(headers).toEqual({ cookie: 'a=1' });
    expect(handshake.headers).toBe(headers);
    expect({ ...handshake.query }).toEqual({ token: '7' });
    expect(faultsOfWriting(handshake)).toEqual([]);
    expect(fakeConnection().handshake.query['constructor']).toBeUndefined();
  });
});
