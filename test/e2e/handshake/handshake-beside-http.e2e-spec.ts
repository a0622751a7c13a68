import {
  All,
  Body,
  Controller,
  Get,
  Inject,
  Injectable,
  Param,
  UseGuards,
  type CanActivate,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import express from 'express';
import type { FastifyInstance } from 'fastify';
import { WebSocket } from 'nestjs-revali-ws';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

let allowed = true;

const guard: CanActivate = { canActivate: () => allowed };

@Controller('house')
class SocketController {
  @WebSocket('door')
  @UseGuards(guard)
  enter(@Body() message: string): string {
    return `socket: ${message}`;
  }
}

@Controller('house')
class ParamController {
  @Get(':id')
  look(@Param('id') id: string): string {
    return `GET ${id}`;
  }
}

/** Fastify's router knows wildcards without a name only. */
const wildcards = { express: '*rest', fastify: '*' };

function wildcardOn({ name }: Platform): new () => object {
  @Controller()
  class WildcardController {
    @Get(wildcards[name])
    look(): string {
      return 'GET rest';
    }
  }
  return WildcardController;
}

@Controller('house')
class AllController {
  @All('door')
  look(): string {
    return 'ALL door';
  }
}

@Controller('house')
class SamePathController {
  @Get('door')
  look(): string {
    return 'GET door';
  }

  @WebSocket('door')
  @UseGuards(guard)
  enter(@Body() message: string): string {
    return `socket: ${message}`;
  }
}

@Controller('house')
class GreedyController {
  @WebSocket('*rest')
  @UseGuards(guard)
  enter(@Body() message: string): string {
    return `socket: ${message}`;
  }

  @Get('door')
  look(): string {
    return 'GET door';
  }
}

/** A single-page application's catch-all, as a module registers it on the adapter. */
@Injectable()
class CatchAll implements OnModuleInit {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const { httpAdapter } = this.host;
    if (httpAdapter.getType() === 'fastify') {
      httpAdapter.getInstance<FastifyInstance>().get('/*', async () => 'catch-all');
    } else {
      httpAdapter.get('{*any}', (_request: unknown, response: { send(body: string): void }) =>
        response.send('catch-all'),
      );
    }
  }
}

const besidesOn = (
  platform: Platform,
): readonly { route: string; setup: AppSetup; plain: string }[] => [
  {
    route: "@Get(':id') after it",
    setup: { controllers: [SocketController, ParamController] },
    plain: 'GET door',
  },
  {
    route: "@Get(':id') before it",
    setup: { controllers: [ParamController, SocketController] },
    plain: 'GET door',
  },
  {
    route: '@Get() of a wildcard before it',
    setup: { controllers: [wildcardOn(platform), SocketController] },
    plain: 'GET rest',
  },
  {
    route: '@All() of the same path',
    setup: { controllers: [AllController, SocketController] },
    plain: 'ALL door',
  },
  {
    route: '@Get() of the same path',
    setup: { controllers: [SamePathController] },
    plain: 'GET door',
  },
  {
    route: '@Get() below a @WebSocket() wildcard',
    setup: { controllers: [GreedyController] },
    plain: 'GET door',
  },
  {
    route: 'a catch-all registered in onModuleInit()',
    setup: { controllers: [SocketController], providers: [CatchAll] },
    plain: 'catch-all',
  },
];

async function expectUpgrades(app: RunningApp): Promise<void> {
  allowed = true;
  const client = await app.connect('/house/door');
  client.send('hello');
  expect(await client.text()).toBe('socket: hello');
  allowed = false;
  expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 403 });
}

describe.each(platforms)('a WebSocket route beside HTTP routes on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(besidesOn(platform))('$route: each gets its own', async ({ setup, plain }) => {
    const app = await startApp(platform, setup);
    expect(await app.get('/house/door')).toMatchObject({ status: 200, body: plain });
    await expectUpgrades(app);
    expect(await app.get('/house/door')).toMatchObject({ status: 200, body: plain });
  });

  it('an HTTP route never answers an upgrade', async () => {
    const app = await startApp(platform, { controllers: [ParamController, wildcardOn(platform)] });
    for (const path of ['/house/door', '/elsewhere']) {
      expect(await app.get(path)).toMatchObject({ status: 200 });
      expect(await refusedUpgrade(app, path)).toMatchObject({ status: 404 });
    }
  });
});

describe('a WebSocket route beside files on express', () => {
  afterEach(closeAllApps);

  const [platform] = platforms;
  if (platform?.name !== 'express') throw new Error('Express is the first platform');
  const folder = mkdtempSync(join(tmpdir(), 'files-'));
  writeFileSync(join(folder, 'index.html'), 'the page');
  afterAll(() => rmSync(folder, { recursive: true }));

  it('express.static with index.html for everything, in app.use()', async () => {
    const app = await startApp(platform, {
      controllers: [SocketController],
      configure: (nest) => void nest.use(express.static(folder)),
    });
    expect(await app.get('/')).toMatchObject({ status: 200, body: 'the page' });
    await expectUpgrades(app);
  });

  it('a catch-all in app.use() before the routes refuses upgrades as it swallows GETs', async () => {
    const app = await startApp(platform, {
      controllers: [SocketController, ParamController],
      configure: (nest) =>
        void nest.use((_request: unknown, response: { send(body: string): void }) =>
          response.send('swallowed'),
        ),
    });
    allowed = true;
    expect(await app.get('/house/door')).toMatchObject({ status: 200, body: 'swallowed' });
    expect(await refusedUpgrade(app, '/house/door')).toMatchObject({
      status: 200,
      body: 'swallowed',
    });
  });

  it('a catch-all registered after the application has started', async () => {
    const app = await startApp(platform, { controllers: [SocketController] });
    app.app.use(express.static(folder));
    app.app.getHttpAdapter().get('{*any}', (_request: unknown, response: express.Response) => {
      response.send('catch-all');
    });
    await expectUpgrades(app);
  });
});
