import {
  Controller,
  Injectable,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RevaliWsMetrics, WebSocket } from 'nestjs-revali-ws';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { fastifyPlatform, platforms } from '../../support/apps/platforms.js';
import { refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { ObserverLog } from '../../support/records/observer-log.js';

/** What Express' response and Fastify's reply have in common. */
interface Answer {
  status(code: number): { send(body: object): unknown };
  readonly raw?: ServerResponse;
}

const answerOf = (context: ExecutionContext): Answer & ServerResponse =>
  context.switchToHttp().getResponse<Answer & ServerResponse>();

/** Past the platform, with the head written. */
function rawResponseOf(context: ExecutionContext): ServerResponse {
  const answer = answerOf(context);
  const response = answer.raw ?? answer;
  return response.writeHead(401, { 'Content-Length': 8, Connection: 'close' });
}

/** Sends an answer, and lets the client in all the same. */
@Injectable()
class AnsweringGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    answerOf(context).status(401).send({ no: 1 });
    return true;
  }
}

@Injectable()
class LateAnsweringGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    await nextTurn();
    answerOf(context).status(401).send({ no: 1 });
    return true;
  }
}

@Injectable()
class RawAnsweringGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    rawResponseOf(context).end('{"no":1}');
    return true;
  }
}

/** Its answer ends a turn after the guard has let in. */
@Injectable()
class PouringGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const response = rawResponseOf(context);
    response.write('{"no"');
    setImmediate(() => response.end(':1}'));
    return true;
  }
}

/** Past the response, on the socket that it has. */
@Injectable()
class SocketGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const answer = answerOf(context);
    const { socket } = answer.raw ?? answer;
    socket?.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    return true;
  }
}

@Injectable()
class SwitchingGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    answerOf(context).status(101).send({});
    return true;
  }
}

const entered: string[] = [];

@Controller()
class HouseController {
  @WebSocket('at-once', { triggerOnConnect: true })
  @UseGuards(AnsweringGuard)
  atOnce(): void {
    entered.push('at-once');
  }

  @WebSocket('late', { triggerOnConnect: true })
  @UseGuards(LateAnsweringGuard)
  late(): void {
    entered.push('late');
  }

  @WebSocket('in-parts', { triggerOnConnect: true })
  @UseGuards(PouringGuard)
  inParts(): void {
    entered.push('in-parts');
  }

  @WebSocket('raw', { triggerOnConnect: true })
  @UseGuards(RawAnsweringGuard)
  raw(): void {
    entered.push('raw');
  }
}

@Controller()
class ExoticController {
  @WebSocket('on-socket', { triggerOnConnect: true })
  @UseGuards(SocketGuard)
  onSocket(): void {
    entered.push('on-socket');
  }

  @WebSocket('switched', { triggerOnConnect: true })
  @UseGuards(SwitchingGuard)
  switched(): void {
    entered.push('switched');
  }
}

@Controller()
class OpenController {
  @WebSocket('open', { triggerOnConnect: true })
  open(): void {
    entered.push('open');
  }
}

/** As compression and sessions have them. */
function withSlowHook(): FastifyAdapter {
  const adapter = new FastifyAdapter();
  adapter.getInstance().addHook('onSend', async (_request, _reply, payload) => {
    await nextTurn();
    return payload;
  });
  return adapter;
}

const paths = ['/at-once', '/late', '/raw', '/in-parts'];

const ordinary = platforms.map((platform) => ({
  platform,
  name: platform.name,
  setup: (): AppSetup => ({}),
}));
const hooked = {
  platform: fastifyPlatform,
  name: 'fastify with a hook that takes its time',
  setup: (): AppSetup => ({ adapter: withSlowHook() }),
};

describe.each([...ordinary, hooked])(
  'a guard that answers and lets in on $name',
  ({ platform, setup }) => {
    beforeEach(() => void entered.splice(0));
    afterEach(closeAllApps);

    it.each(paths)('keeps the client out with its answer: %s', async (path) => {
      const log = new ObserverLog();
      const app = await startApp(platform, {
        ...setup(),
        controllers: [HouseController],
        forRoot: { observers: [log] },
      });
      const { status, body } = await refusedUpgrade(app, path);
      expect(status).toBe(401);
      expect(JSON.parse(body)).toEqual({ no: 1 });
      expect(await log.outcome()).toMatchObject({ kind: 'refused', status: 401 });
      expect(app.app.get(RevaliWsMetrics).snapshot().connections).toMatchObject({
        open: 0,
        total: 0,
        refused: { 401: 1 },
      });
      expect(entered).toEqual([]);
    });

    it.each(paths)("closes with the answer's status where refusals close: %s", async (path) => {
      const app = await startApp(platform, {
        ...setup(),
        controllers: [HouseController],
        forRoot: { refusal: 'close' },
      });
      const client = await app.connect(path);
      expect(await client.closed).toMatchObject({ code: 4401 });
      expect(entered).toEqual([]);
    });
  },
);

describe.each(platforms)('a guard that answers on the socket itself on $name', (platform) => {
  beforeEach(() => void entered.splice(0));
  afterEach(closeAllApps);

  it('keeps the client out with its answer', async () => {
    const app = await startApp(platform, { controllers: [ExoticController] });
    expect(await refusedUpgrade(app, '/on-socket')).toMatchObject({ status: 401, body: '' });
    expect(entered).toEqual([]);
  });

  it("closes with the answer's status where refusals close", async () => {
    const log = new ObserverLog();
    const app = await startApp(platform, {
      controllers: [ExoticController],
      forRoot: { refusal: 'close', observers: [log] },
    });
    const client = await app.connect('/on-socket');
    expect(await client.closed).toMatchObject({ code: 4401 });
    expect(await log.outcome()).toMatchObject({ kind: 'refused', status: 401 });
    expect(entered).toEqual([]);
  });
});

describe("a guard that answers 101, with a hook of Fastify's that takes its time", () => {
  beforeEach(() => void entered.splice(0));
  afterEach(closeAllApps);

  const start = (forRoot: AppSetup['forRoot'] = {}) =>
    startApp(fastifyPlatform, {
      adapter: withSlowHook(),
      controllers: [ExoticController],
      forRoot,
    });

  it('keeps the client out, and says why in the log', async () => {
    const app = await start();
    expect(await refusedUpgrade(app, '/switched')).toMatchObject({ status: 500 });
    const [entry, ...others] = app.logs.at('error');
    expect(entry?.message).toBe('The handshake of ExoticController.switched() failed');
    expect(entry?.stack).toContain('has answered 101');
    expect(others).toEqual([]);
    expect(entered).toEqual([]);
  });

  it('closes with 4500 where refusals close', async () => {
    const app = await start({ refusal: 'close' });
    const client = await app.connect('/switched');
    expect(await client.closed).toMatchObject({ code: 4500 });
    expect(entered).toEqual([]);
  });
});

describe("Fastify's own hook that answers and goes on, with another that takes its time", () => {
  beforeEach(() => void entered.splice(0));
  afterEach(closeAllApps);

  it.each(['onRequest', 'preHandler'] as const)('keeps the client out: %s', async (name) => {
    const adapter = withSlowHook();
    const answer = (_request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
      reply.code(401).send({ no: 1 });
      done();
    };
    adapter.getInstance().addHook(name, answer);
    const app = await startApp(fastifyPlatform, { adapter, controllers: [OpenController] });
    expect(await refusedUpgrade(app, '/open')).toMatchObject({ status: 401, body: '{"no":1}' });
    expect(entered).toEqual([]);
  });
});
