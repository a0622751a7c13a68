import {
  Body,
  Controller,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
} from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { createApp } from '../../support/apps/factory-app.js';
import { unhandled } from '../../support/faults/leaks.js';
import { fastifyPlatform } from '../../support/apps/platforms.js';
import { nestBody, refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const journal: string[] = [];

const guard: CanActivate = {
  canActivate: () => {
    journal.push('guard');
    return true;
  },
};

@Controller('house')
@UseGuards(guard)
class HouseController {
  @WebSocket('door')
  enter(@Body() message: string): string {
    journal.push('handler');
    return message;
  }
}

const hooks = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const;
type Hook = (typeof hooks)[number];
type Meet = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

function addHook(fastify: FastifyInstance, hook: Hook, meet: Meet): void {
  if (hook === 'preParsing') {
    fastify.addHook(hook, async (request, reply) => void (await meet(request, reply)));
  } else fastify.addHook(hook, meet);
}

const refusals: readonly { refusal: string; meet: Meet }[] = [
  {
    refusal: 'throws',
    meet: async () => {
      throw new UnauthorizedException('Stay out');
    },
  },
  { refusal: 'answers', meet: async (_, reply) => reply.code(401).send(nestBody(401, 'Stay out')) },
];

const cases = hooks.flatMap((hook) =>
  refusals.map(({ refusal, meet }) => ({ hook, refusal, meet })),
);

const starts = [
  { by: 'NestFactory', start: createApp },
  { by: 'the testing module', start: startApp },
];

describe.each(starts)("Fastify's own hooks at the handshake, app made by $by", ({ start }) => {
  beforeEach(() => journal.splice(0));
  afterEach(closeAllApps);

  /** The app and what is done to its Fastify, before or after Nest has it. */
  const open = (after: (adapter: FastifyAdapter) => unknown, before = after) => {
    const adapter = new FastifyAdapter();
    if (before !== after) before(adapter);
    return start(fastifyPlatform, {
      adapter,
      controllers: [HouseController],
      configure: async () => void (await after(adapter)),
    });
  };

  it.each(cases)('an $hook hook that $refusal keeps the client out', async ({ hook, meet }) => {
    const app = await open((adapter) => addHook(adapter.getInstance(), hook, meet));
    const { status, body } = await refusedUpgrade(app, '/house/door');
    expect(status).toBe(401);
    expect(JSON.parse(body)).toEqual(nestBody(401, 'Stay out'));
    expect(journal).toEqual([]);
  });

  it.each(cases)('so does one of before the app, $hook $refusal', async ({ hook, meet }) => {
    const app = await open(
      () => undefined,
      (adapter) => addHook(adapter.getInstance(), hook, meet),
    );
    expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 401 });
    expect(journal).toEqual([]);
  });

  it('hooks meet an upgrade once, in the order of a request, before the guards', async () => {
    const app = await open((adapter) => {
      for (const hook of hooks) {
        addHook(adapter.getInstance(), hook, async () => void journal.push(hook));
      }
    });
    const client = await app.connect('/house/door');
    client.send('hello');
    expect(await client.text()).toBe('hello');
    expect(journal).toEqual([...hooks, 'guard', 'handler']);
  });

  it('a plugin that is registered once the app is there keeps the client out', async () => {
    const plugin = async (fastify: FastifyInstance): Promise<void> => {
      fastify.addHook('onRequest', async () => {
        throw new UnauthorizedException('Stay out');
      });
    };
    // What fastify-plugin does: hooks of the plugin are those of the application.
    Reflect.set(plugin, Symbol.for('skip-override'), true);
    const app = await open((adapter) => adapter.getInstance<FastifyInstance>().register(plugin));
    expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 401 });
    expect(journal).toEqual([]);
  });

  it('an onSend hook adds its headers to the 101', async () => {
    const app = await open((adapter) => {
      adapter.getInstance().addHook('onSend', async (_request, reply, payload) => {
        await Promise.resolve();
        reply.header('X-Sent', String(reply.statusCode));
        reply.header('Set-Cookie', ['a=1', 'b=2']);
        return payload;
      });
    });
    const client = await app.connect('/house/door');
    expect(client.upgradeHeaders).toMatchObject({ 'x-sent': '101', 'set-cookie': ['a=1', 'b=2'] });
    client.send('hello');
    expect(await client.text()).toBe('hello');
  });

  it('an onSend hook that fails on the 101 has the client refused', async () => {
    const recorder = unhandled();
    const app = await open((adapter) => {
      adapter.getInstance().addHook('onSend', async (_request, reply) => {
        if (reply.statusCode === 101) throw new Error('secret: the session store is down');
      });
    });
    const { status, body } = await refusedUpgrade(app, '/house/door');
    expect(status).toBe(500);
    expect(body).not.toContain('secret');
    expect(journal).toEqual(['guard']);
    expect(await recorder.release()).toEqual([]);
  });

  it('an onSend hook that makes the 101 a refusal has the client refused', async () => {
    const app = await open((adapter) => {
      adapter.getInstance().addHook('onSend', async (_request, reply, payload) => {
        if (reply.statusCode !== 101) return payload;
        reply.code(401).header('Content-Type', 'text/plain');
        return 'Stay out';
      });
    });
    expect(await refusedUpgrade(app, '/house/door')).toMatchObject({
      status: 401,
      body: 'Stay out',
    });
    expect(journal).toEqual(['guard']);
  });
});
