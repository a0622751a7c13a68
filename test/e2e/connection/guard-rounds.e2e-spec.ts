import {
  Body,
  Controller,
  ForbiddenException,
  HttpException,
  Inject,
  Injectable,
  Scope,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, REQUEST } from '@nestjs/core';
import {
  CloseWebSocketException,
  WebSocket,
  WebSocketController,
  OnMessage,
  type HandshakeRequest,
  type RevaliWsModuleOptions,
  type WebSocketRouteOptions,
} from 'nestjs-revali-ws';
import { AsyncLocalStorage } from 'node:async_hooks';
import { OutgoingMessage } from 'node:http';
import { of } from 'rxjs';

import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { eventually, sleep } from '../../support/deadline.js';
import { activeTimers } from '../../support/faults/leaks.js';
import { settledTimers } from '../../support/faults/settled-timers.js';
import { gate } from '../../support/gate.js';
import { ObserverLog } from '../../support/records/observer-log.js';

/** Answers the rounds of a guard: the first is the handshake. */
type Verdict = (round: number, context: ExecutionContext) => ReturnType<CanActivate['canActivate']>;

const EVERY = 60;

function guardOf(verdict: Verdict): Type<CanActivate> & { rounds: number } {
  @Injectable()
  class Judging implements CanActivate {
    static rounds = 0;
    canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
      return verdict(Judging.rounds++, context);
    }
  }
  return Judging;
}

function controllerOf(
  guard: Type<CanActivate>,
  options: WebSocketRouteOptions = { guards: { every: EVERY } },
): Type<unknown> {
  @Controller()
  class Guarded {
    @WebSocket('guarded', options)
    @UseGuards(guard)
    echo(@Body() message: string): string {
      return message;
    }
  }
  return Guarded;
}

describe.each(platforms)('guards that run again on $name', (platform) => {
  afterEach(closeAllApps);

  const start = (
    guard: Type<CanActivate>,
    setup: Partial<AppSetup> = {},
    options?: WebSocketRouteOptions,
  ): Promise<RunningApp> =>
    startApp(platform, { controllers: [controllerOf(guard, options)], ...setup });

  it('are asked at the interval, or up to a fifth earlier, for as long as the connection lives', async () => {
    const at: number[] = [];
    const guard = guardOf(() => {
      at.push(performance.now());
      return true;
    });
    const app = await start(guard, {}, { guards: { every: '150ms' } });
    const client = await app.connect('guarded');
    await eventually(() => expect(guard.rounds).toBeGreaterThan(4), 'four rounds');
    const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    for (const gap of gaps) expect(gap).toBeGreaterThan(115);
    client.send('still here');
    expect(await client.text()).toBe('still here');
    await client.close();
    await sleep(50);
    const { rounds } = guard;
    await sleep(300);
    expect(guard.rounds).toBe(rounds);
  });

  it("are the module's where the route says nothing", async () => {
    const guard = guardOf((round) => round < 2);
    const app = await start(guard, { forRoot: { guards: { every: EVERY } } }, {});
    const client = await app.connect('guarded');
    expect(await client.closed).toMatchObject({ code: 4403 });
  });

  it.each<
    [
      what: string,
      refuse: () => ReturnType<CanActivate['canActivate']>,
      code: number,
      reason: string,
    ]
  >([
    ['false', () => false, 4403, 'Forbidden resource'],
    ['a promise of false', () => Promise.resolve(false), 4403, 'Forbidden resource'],
    ['an Observable of false', () => of(false), 4403, 'Forbidden resource'],
    ['401', thrower(() => new UnauthorizedException()), 4401, 'Unauthorized'],
    [
      '401 with a text',
      thrower(() => new UnauthorizedException('Token revoked')),
      4401,
      'Token revoked',
    ],
    ['403', thrower(() => new ForbiddenException('Banned')), 4403, 'Banned'],
    [
      'a list of texts',
      thrower(() => new HttpException({ message: ['a', 'b'] }, 422)),
      4422,
      'a, b',
    ],
    [
      'no text at all',
      thrower(() => new HttpException({ secret: 1 }, 429)),
      4429,
      'Too Many Requests',
    ],
    ['another error', thrower(() => new Error('secret')), 4500, 'Internal server error'],
    ['no error', thrower(() => 'secret'), 4500, 'Internal server error'],
    [
      'a wild status',
      thrower(() => new HttpException('secret', 70_000)),
      4500,
      'Internal server error',
    ],
    [
      'an error of http-errors',
      thrower(() => Object.assign(new Error('Gone'), { statusCode: 410 })),
      4410,
      'Gone',
    ],
    ['a close', thrower(() => new CloseWebSocketException(4001, 'By hand')), 4001, 'By hand'],
  ])('close by what they say: %s', async (_what, refuse, code, reason) => {
    const guard = guardOf((round) => (round === 0 ? true : refuse()));
    const app = await start(guard);
    const client = await app.connect('guarded');
    expect(await client.closed).toMatchObject({ code, reason, wasClean: true });
    expect(guard.rounds).toBe(2);
    const logged = app.logs.messages('error').filter((line) => line.includes('A guard of'));
    expect(logged).toHaveLength(code === 4500 ? 1 : 0);
    if (code === 4500) expect(logged[0]).toMatch(/^A guard of Guarded\.echo\(\) failed: /);
  });

  it('tell observers why', async () => {
    const observers = new ObserverLog();
    const refusal = new UnauthorizedException('Token revoked');
    const guard = guardOf((round) => round === 0 || thrower(() => refusal)());
    const app = await start(guard, { forRoot: { observers: [observers] } });
    await (
      await app.connect('guarded')
    ).closed;
    expect(await observers.outcome()).toMatchObject({
      kind: 'closed',
      initiator: 'server',
      code: 4401,
      reason: 'Token revoked',
      error: refusal,
    });
  });

  it('close with 4408 where they hang, and are not waited for', async () => {
    const guard = guardOf((round) => (round === 0 ? true : new Promise<boolean>(() => undefined)));
    const app = await start(guard, { forRoot: { handshakeTimeout: 150 } });
    const client = await app.connect('guarded');
    expect(await client.closed).toMatchObject({ code: 4408, reason: 'The guards took too long' });
    expect(guard.rounds).toBe(2);
  });

  it('keep no message waiting, and run one round at a time', async () => {
    const passed = gate();
    const guard = guardOf((round) => (round === 0 ? true : passed.opened.then(() => true)));
    const app = await start(guard);
    const client = await app.connect('guarded');
    await eventually(() => expect(guard.rounds).toBe(2), 'a round');
    client.send('meanwhile');
    expect(await client.text()).toBe('meanwhile');
    await sleep(4 * EVERY);
    expect(guard.rounds).toBe(2);
    passed.open();
    await eventually(() => expect(guard.rounds).toBeGreaterThan(2), 'another round');
  });

  it('lets a call under way finish', async () => {
    const guard = guardOf((round) => round < 1);
    @Controller()
    class Slow {
      @WebSocket('slow', { guards: { every: 300 } })
      @UseGuards(guard)
      async slow(@Body() message: string): Promise<string> {
        await sleep(600);
        return message;
      }
    }
    const app = await startApp(platform, { controllers: [Slow] });
    const client = await app.connect('slow');
    client.send('answered');
    expect(await client.text()).toBe('answered');
    expect(await client.closed).toMatchObject({ code: 4403 });
  });

  it('have the context of the handshake: its request, response and handler', async () => {
    const seen: unknown[][] = [];
    const guard = guardOf((_round, context) => {
      const http = context.switchToHttp();
      const request = http.getRequest<HandshakeRequest>();
      seen.push([
        context.getType(),
        context.getClass(),
        context.getHandler(),
        request,
        http.getResponse(),
        request.headers.authorization,
      ]);
      return true;
    });
    const app = await start(guard);
    await app.connect('guarded', { headers: { authorization: 'Bearer one' } });
    await eventually(() => expect(seen.length).toBeGreaterThan(2), 'two rounds');
    const [first = [], second = []] = seen;
    expect(second[5]).toBe('Bearer one');
    expect(second.every((value, index) => value === first[index])).toBe(true);
  });

  it('may set headers, or answer, on the response that has left: nothing happens', async () => {
    const guard = guardOf((round, context) => {
      const response: Record<string, (...args: unknown[]) => unknown> = context
        .switchToHttp()
        .getResponse();
      response.header?.('X-RateLimit-Remaining', '5');
      if (round < 3) return true;
      const answer = platform.name === 'express' ? response.json : response.send;
      if (answer) Reflect.apply(answer, response, [{ refused: true }]);
      endRaw(response);
      return false;
    });
    const app = await start(guard);
    const client = await app.connect('guarded');
    expect(await client.closed).toMatchObject({ code: 4403, wasClean: true });
    expect(guard.rounds).toBe(4);
  });

  it('are all of them: global ones, of modules, of the controller and of the method', async () => {
    const asked: string[] = [];
    const named = (name: string): Type<CanActivate> =>
      guardOf(() => {
        asked.push(name);
        return true;
      });
    const ofApp = named('app');
    @Controller()
    @UseGuards(named('controller'))
    class Guarded {
      @WebSocket('guarded', { guards: { every: EVERY } })
      @UseGuards(named('method'))
      echo(): void {}
    }
    const app = await startApp(platform, {
      controllers: [Guarded],
      providers: [{ provide: APP_GUARD, useClass: named('module') }],
      configure: (nest) => void nest.useGlobalGuards(new ofApp()),
    });
    await app.connect('guarded');
    await eventually(() => expect(asked.length).toBeGreaterThan(7), 'another round');
    expect(asked.slice(4, 8)).toEqual(asked.slice(0, 4));
    expect(new Set(asked)).toEqual(new Set(['app', 'module', 'controller', 'method']));
  });

  it('are the instances of the connection, where they are request-scoped', async () => {
    const asked: [guard: object, request: unknown][] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Scoped implements CanActivate {
      constructor(@Inject(REQUEST) private readonly request: unknown) {}
      canActivate(): boolean {
        asked.push([this, this.request]);
        return true;
      }
    }
    const app = await start(Scoped);
    const clients = [await app.connect('guarded'), await app.connect('guarded')];
    const counts = (): number[] => {
      const byGuard = new Map<object, number>();
      for (const [guard] of asked) byGuard.set(guard, (byGuard.get(guard) ?? 0) + 1);
      return [...byGuard.values()];
    };
    await eventually(() => expect(Math.min(...counts())).toBeGreaterThan(2), 'rounds of both');
    expect(counts()).toHaveLength(2);
    expect(new Set(asked.map(([, request]) => request)).size).toBe(2);
    await Promise.all(clients.map((client) => client.close()));
  });

  it('of a class with @OnMessage() are those of the class', async () => {
    const guard = guardOf((round) => round < 2);
    @WebSocketController('typed', { guards: { every: EVERY } })
    @UseGuards(guard)
    class Typed {
      @OnMessage('say') say(): string {
        return 'said';
      }
    }
    const app = await startApp(platform, { controllers: [Typed] });
    const client = await app.connect('typed');
    expect(await client.closed).toMatchObject({ code: 4403 });
    expect(guard.rounds).toBe(3);
  });

  it('run in the asynchronous context of their handshake', async () => {
    const store = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const guard = guardOf((round) => {
      seen.push(store.getStore());
      // What one round enters is not there in the next.
      if (round > 0) store.enterWith('entered');
      return true;
    });
    const app = await start(guard, {
      configure: (nest) =>
        void nest.use((request: HandshakeRequest, _response: unknown, next: () => void) =>
          store.run(request.url, next),
        ),
    });
    await app.connect('guarded?one');
    await eventually(() => expect(seen.length).toBeGreaterThan(3), 'three rounds');
    expect(new Set(seen)).toEqual(new Set(['/guarded?one']));
  });

  it('take one timer a connection, none where there is no guard, and none after the end', async () => {
    const guard = guardOf(() => true);
    const setup = { forRoot: { ping: false } satisfies RevaliWsModuleOptions };
    const app = await start(guard, setup, { guards: { every: '1h' } });
    const before = await settledTimers();
    const clients = await Promise.all(Array.from({ length: 5 }, () => app.connect('guarded')));
    await eventually(() => expect(activeTimers()).toBe(before + 5), 'one timer for each');
    for (const client of clients) await client.close();
    await eventually(() => expect(activeTimers()).toBe(before), 'no timer');
  });

  it('leave the end of a connection that closes meanwhile as it is', async () => {
    const passed = gate();
    const guard = guardOf((round) => (round === 0 ? true : passed.opened.then(() => false)));
    const observers = new ObserverLog();
    const app = await start(guard, { forRoot: { observers: [observers] } });
    const client = await app.connect('guarded');
    await eventually(() => expect(guard.rounds).toBe(2), 'a round');
    await client.close(4005, 'Bye');
    passed.open();
    expect(await observers.outcome()).toMatchObject({ code: 4005, initiator: 'client' });
  });
});

/** Answers past the platform. */
function endRaw(response: object): void {
  const raw: unknown = 'raw' in response ? response.raw : response;
  if (!(raw instanceof OutgoingMessage)) throw new TypeError('no response of Node');
  raw.end('{}');
}

function thrower(make: () => unknown): () => boolean {
  return () => {
    throw make();
  };
}
