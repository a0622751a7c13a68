import {
  Body,
  Controller,
  Get,
  UseGuards,
  type CanActivate,
  type INestApplication,
} from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { fastifyOf } from '../../support/apps/http-plugins.js';
import { activeSockets, unhandled } from '../../support/faults/leaks.js';
import { moduleThat, pass, type Middleware, type Next } from '../../support/apps/middleware.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { nestBody, refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const journal: string[] = [];
let act: Middleware = pass;
let judge: () => boolean | Promise<boolean> = () => true;

const guard: CanActivate = {
  canActivate: () => {
    journal.push('guard');
    return judge();
  },
};

@Controller('house')
@UseGuards(guard)
class HouseController {
  @WebSocket(['door', 'vault'])
  enter(@Body() message: string): string {
    journal.push('handler');
    return message;
  }

  @Get('window')
  look(): string {
    return 'a window';
  }
}

const middleware: Middleware = (request, response, next) => act(request, response, next);
const controllers = [HouseController];

const places: readonly { place: string; setup: AppSetup }[] = [
  { place: 'app.use()', setup: { controllers, configure: (app) => void app.use(middleware) } },
  {
    place: 'forRoutes()',
    setup: {
      controllers,
      imports: [moduleThat((consumer) => void consumer.apply(middleware).forRoutes('{*path}'))],
    },
  },
];

/** On Fastify by a hook: its middleware engine takes back what middleware does to the URL. */
const rewriteTo =
  ({ name }: Platform, url: string) =>
  (app: INestApplication): void => {
    if (name === 'fastify') {
      fastifyOf(app).addHook('onRequest', async ({ raw }) => {
        raw.url = url;
      });
    } else {
      app.use((request: IncomingMessage, _response: unknown, next: Next) => {
        request.url = url;
        next();
      });
    }
  };

const never = (): Promise<never> => new Promise(() => undefined);
const forRoot = { handshakeTimeout: 60 };
const timeoutBody = nestBody(408, 'The handshake took too long');

describe.each(platforms)('middleware that misbehaves on $name', (platform) => {
  beforeEach(() => {
    journal.splice(0);
    act = pass;
    judge = () => true;
  });
  afterEach(closeAllApps);

  describe.each(places)('in $place', ({ setup }) => {
    it('that never goes on is answered 408 for it, and the socket freed', async () => {
      const before = activeSockets();
      let goOn: Next = () => undefined;
      act = (_request, _response, next) => {
        goOn = next;
      };
      const app = await startApp(platform, { ...setup, forRoot });
      const { status, body } = await refusedUpgrade(app, '/house/door');
      expect(status).toBe(408);
      expect(JSON.parse(body)).toEqual(timeoutBody);
      await eventually(() => expect(activeSockets()).toBe(before), 'the socket to be freed');
      goOn();
      act = pass;
      await app.connect('/house/door');
      expect(journal).toEqual(['guard']);
    });

    it('that answers after the 408 harms nobody', async () => {
      const recorder = unhandled();
      let response: ServerResponse | undefined;
      act = (_request, given) => {
        response = given;
      };
      const app = await startApp(platform, { ...setup, forRoot });
      expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 408 });
      response?.writeHead(200).end('too late');
      act = pass;
      await app.connect('/house/door');
      expect(await recorder.release()).toEqual([]);
    });

    it('that begins an answer and never ends it is cut off', async () => {
      act = (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': '100' });
        response.write('half');
      };
      const app = await startApp(platform, { ...setup, forRoot });
      const client = await app.raw();
      client.upgrade('/house/door');
      await client.ended;
      expect(client.unread.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nhalf$/);
      expect(journal).toEqual([]);
    });

    it('that goes on twice has the guards asked no more than once', async () => {
      act = (_request, _response, next) => {
        next();
        next();
      };
      const app = await startApp(platform, setup);
      const client = await app.raw();
      client.upgrade('/house/door');
      // Some 101, some an error, as such middleware has a plain GET answered; but one answer.
      await client.response();
      expect(journal.length).toBeLessThanOrEqual(1);
    });

    it('that answers and goes on lets nobody in', async () => {
      act = (_request, response, next) => {
        response.statusCode = 401;
        response.end('Stay out');
        next();
      };
      const app = await startApp(platform, setup);
      expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 401 });
      expect(journal).not.toContain('handler');
    });

    it('that fails after it went on keeps the process and other clients alive', async () => {
      const recorder = unhandled();
      act = (_request, _response, next) => {
        next();
        next(new Error('too late'));
      };
      const app = await startApp(platform, setup);
      await app.raw().then((client) => client.upgrade('/house/door'));
      act = pass;
      const client = await app.connect('/house/door');
      client.send('hello');
      expect(await client.text()).toBe('hello');
      expect(await recorder.release()).toEqual([]);
    });
  });

  it('that rewrites only the query changes nothing else, as for a GET', async () => {
    const configure = rewriteTo(platform, '/house/door?as=admin');
    const app = await startApp(platform, { controllers, configure });
    const client = await app.connect('/house/door');
    client.send('hello');
    expect(await client.text()).toBe('hello');
  });

  it.each(['/house/vault', '/house/window', '/elsewhere', '//house/door'])(
    'that rewrites the URL to %s lets nobody in',
    async (url) => {
      const app = await startApp(platform, { controllers, configure: rewriteTo(platform, url) });
      expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 404 });
      expect(journal).toEqual([]);
    },
  );

  it('a guard that never decides is answered 408 for', async () => {
    judge = never;
    const app = await startApp(platform, { controllers, forRoot });
    const { status, body } = await refusedUpgrade(app, '/house/door');
    expect(status).toBe(408);
    expect(JSON.parse(body)).toEqual(timeoutBody);
    expect(journal).toEqual(['guard']);
  });

  it('a guard that says yes after the deadline lets nobody in', async () => {
    let decide: (allowed: boolean) => void = () => undefined;
    judge = () => new Promise((resolve) => (decide = resolve));
    const app = await startApp(platform, { controllers, forRoot });
    expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 408 });
    decide(true);
    judge = () => true;
    await app.connect('/house/door');
    expect(journal).toEqual(['guard', 'guard']);
  });

  it('a guard that fails after the deadline, or after the client left, harms nobody', async () => {
    const recorder = unhandled();
    let fail: (error: Error) => void = () => undefined;
    judge = () => new Promise((_resolve, reject) => (fail = reject));
    const app = await startApp(platform, { controllers, forRoot });
    expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 408 });
    fail(new Error('late'));
    const leaving = await app.raw();
    leaving.upgrade('/house/door');
    await eventually(() => expect(journal).toHaveLength(2), 'the guard to be asked again');
    leaving.resetAndDestroy();
    fail(new Error('nobody is there'));
    judge = () => true;
    await app.connect('/house/door');
    expect(await recorder.release()).toEqual([]);
  });

  it('a client that leaves while middleware works is let in nowhere', async () => {
    const requests: IncomingMessage[] = [];
    let goOn: Next = () => undefined;
    act = (request, _response, next) => {
      requests.push(request);
      goOn = next;
    };
    const app = await startApp(platform, {
      controllers,
      configure: (nest) => void nest.use(middleware),
    });
    const client = await app.raw();
    client.upgrade('/house/door');
    await eventually(() => expect(requests).toHaveLength(1), 'the middleware to run');
    client.resetAndDestroy();
    await eventually(() => expect(requests[0]?.destroyed).toBe(true), 'the request to be gone');
    goOn();
    act = pass;
    await app.connect('/house/door');
    expect(journal).toEqual(['guard']);
  });
});
