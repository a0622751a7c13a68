import { Body, Controller, Injectable, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { SkipThrottle, Throttle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import jwt from 'jsonwebtoken';
import { CLS_ID, ClsModule, ClsService } from 'nestjs-cls';
import {
  CleanUp,
  Connection,
  UseObservers,
  WebSocket,
  WebSocketConnection,
  type WebSocketObserver,
} from 'nestjs-revali-ws';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { startApp } from '../support/apps/app-factory.js';
import { eventually } from '../support/deadline.js';
import { objectWith, textLike, textWith } from '../support/matchers.js';
import { platforms } from '../support/apps/platforms.js';
import { closeAllApps } from '../support/apps/running-app.js';

const SECRET = 'only for tests';

interface Claims {
  readonly sub: string;
}

@Injectable()
class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: SECRET });
  }

  validate({ sub }: Claims): { name: string } | undefined {
    return sub === 'mallory' ? undefined : { name: sub };
  }
}

@UseGuards(AuthGuard('jwt'))
@Controller()
class ProfileController {
  @WebSocket('profile')
  greet(@Body() greeting: string, @Connection() connection: WebSocketConnection): string {
    const user: unknown = Reflect.get(connection.request, 'user');
    return `${greeting} ${JSON.stringify(user)}`;
  }
}

describe.each(platforms)('@nestjs/passport on $name', (platform) => {
  afterEach(closeAllApps);

  const start = () =>
    startApp(platform, {
      imports: [PassportModule],
      controllers: [ProfileController],
      providers: [JwtStrategy],
    });
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  it('lets in who has a token, and gives the user to handlers', async () => {
    const app = await start();
    const client = await app.connect('/profile', bearer(jwt.sign({ sub: 'ada' }, SECRET)));
    for (const greeting of ['Hi', 'Bye']) {
      client.send(greeting);
      expect(await client.text()).toBe(`${greeting} {"name":"ada"}`);
    }
  });

  it.each([
    ['no token', {}],
    ['a forged token', bearer(jwt.sign({ sub: 'ada' }, 'forged'))],
    ['an expired token', bearer(jwt.sign({ sub: 'ada', exp: 1 }, SECRET))],
    ['a user that the strategy does not know', bearer(jwt.sign({ sub: 'mallory' }, SECRET))],
  ])('refuses %s', async (_what, options) => {
    const app = await start();
    await expect(app.connect('/profile', options)).rejects.toMatchObject({
      status: 401,
      body: JSON.stringify({ message: 'Unauthorized', statusCode: 401 }),
    });
  });
});

@Controller()
class BusyController {
  @WebSocket('busy')
  say(@Body() text: string): string {
    return text;
  }

  @Throttle({ default: { limit: 1, ttl: 60_000 } })
  @WebSocket('busier')
  sayOnce(@Body() text: string): string {
    return text;
  }

  @SkipThrottle()
  @WebSocket('free')
  sayFreely(@Body() text: string): string {
    return text;
  }
}

describe.each(platforms)('@nestjs/throttler on $name', (platform) => {
  afterEach(closeAllApps);

  const start = () =>
    startApp(platform, {
      imports: [ThrottlerModule.forRoot([{ limit: 2, ttl: 60_000 }])],
      controllers: [BusyController],
      providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
    });

  it('counts handshakes and no messages, and tells the client', async () => {
    const app = await start();
    const client = await app.connect('/busy');
    expect(client.upgradeHeaders['x-ratelimit-limit']).toBe('2');
    expect(client.upgradeHeaders['x-ratelimit-remaining']).toBe('1');
    for (const text of ['one', 'two', 'three', 'four']) {
      client.send(text);
      expect(await client.text()).toBe(text);
    }
    await app.connect('/busy');
    await expect(app.connect('/busy')).rejects.toMatchObject({
      status: 429,
      body: textWith('Too Many Requests'),
      headers: objectWith({ 'retry-after': textLike(/^\d+$/) }),
    });
    client.send('still here');
    expect(await client.text()).toBe('still here');
  });

  it('reads the limits of the route', async () => {
    const app = await start();
    await app.connect('/busier');
    await expect(app.connect('/busier')).rejects.toMatchObject({ status: 429 });
    for (let count = 0; count < 4; count += 1) await app.connect('/free');
  });
});

const ends: string[] = [];

@Injectable()
class ClsObserver implements WebSocketObserver {
  constructor(private readonly cls: ClsService) {}

  onClose(): void {
    ends.push(`observer ${this.cls.get('user')}`);
  }
}

@UseObservers(ClsObserver)
@Controller()
class ClsController {
  constructor(private readonly cls: ClsService) {}

  @WebSocket('cls')
  async say(@Body() text: string, cleanUp: CleanUp): Promise<unknown> {
    await new Promise((resolve) => setImmediate(resolve));
    const count = (this.cls.get<number | undefined>('count') ?? 0) + 1;
    this.cls.set('count', count);
    if (count === 1) cleanUp.add(() => ends.push(`clean-up ${this.cls.get('user')}`));
    return { text, count, user: this.cls.get<string>('user'), id: this.cls.get<string>(CLS_ID) };
  }

  @WebSocket('cls-stream', { mode: 'sendOnly' })
  async *stream(): AsyncGenerator<string> {
    yield this.cls.get('user');
    await new Promise((resolve) => setImmediate(resolve));
    yield this.cls.get('user');
  }
}

interface AnyRequest {
  readonly headers: Record<string, string | undefined>;
}

describe.each(platforms)('nestjs-cls on $name', (platform) => {
  beforeEach(() => {
    ends.length = 0;
  });
  afterEach(closeAllApps);

  const start = () =>
    startApp(platform, {
      imports: [
        ClsModule.forRoot({
          global: true,
          middleware: {
            mount: true,
            generateId: true,
            setup: (cls, request: AnyRequest) => cls.set('user', request.headers['x-user']),
          },
        }),
      ],
      controllers: [ClsController],
    });
  const as = (user: string) => ({ headers: { 'x-user': user } });

  it('has one store for each connection, which lives as long', async () => {
    const app = await start();
    const ada = await app.connect('/cls', as('ada'));
    const bob = await app.connect('/cls', as('bob'));
    const ids = new Set<unknown>();
    for (const count of [1, 2]) {
      ada.send('hi');
      bob.send('hello');
      const [ofAda, ofBob] = [await ada.json<{ id: string }>(), await bob.json<{ id: string }>()];
      expect(ofAda).toMatchObject({ text: 'hi', count, user: 'ada' });
      expect(ofBob).toMatchObject({ text: 'hello', count, user: 'bob' });
      ids.add(ofAda.id).add(ofBob.id);
    }
    expect(ids.size).toBe(2);
    await bob.close();
    await ada.close();
    const expected = ['observer bob', 'clean-up bob', 'observer ada', 'clean-up ada'];
    await eventually(() => expect(ends).toEqual(expected), 'both ends');
  });

  it('is seen by the items of a stream', async () => {
    const app = await start();
    const client = await app.connect('/cls-stream', as('ada'));
    expect([await client.text(), await client.text()]).toEqual(['ada', 'ada']);
    expect(await client.closed).toMatchObject({ code: 1000 });
  });
});
