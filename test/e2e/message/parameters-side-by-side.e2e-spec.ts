import {
  BadRequestException,
  Controller,
  Get,
  Headers,
  Param,
  Query,
  type ArgumentMetadata,
  type PipeTransform,
} from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

const seen: string[] = [];

const pipe = (name: string, isLate: boolean, fails = false): PipeTransform => ({
  async transform(value: unknown, { data }: ArgumentMetadata): Promise<unknown> {
    seen.push(`${name} ${String(data)}`);
    for (let turn = 0; isLate && turn < 3; turn += 1)
      // oxlint-disable-next-line no-await-in-loop -- one turn after another
      await new Promise((resolve) => setImmediate(resolve));
    if (fails) throw new BadRequestException(`${name} ${String(data)}`);
    return value;
  },
});

const sync = (name: string, fails = false): PipeTransform => ({
  transform(value: unknown, { data }: ArgumentMetadata): unknown {
    seen.push(`${name} ${String(data)}`);
    if (fails) throw new BadRequestException(`${name} ${String(data)}`);
    return value;
  },
});

@Controller()
class Parameters {
  @Get('http/order/:x')
  @WebSocket('ws/order/:x')
  order(
    @Query('q', sync('first'), sync('second')) q: string,
    @Headers('x') _x: string,
    @Param('x', sync('first'), sync('second')) x: string,
  ) {
    return { q, x };
  }

  @Get('http/late/:x')
  @WebSocket('ws/late/:x')
  late(
    @Query('q', pipe('first', true), sync('second')) q: string,
    @Param('x', sync('first'), sync('second')) x: string,
  ) {
    return { q, x };
  }

  @Get('http/slow-fault/:x')
  @WebSocket('ws/slow-fault/:x')
  slowFault(
    @Query('q', pipe('slow', true, true)) q: string,
    @Param('x', pipe('fast', false, true)) x: string,
  ) {
    return { q, x };
  }

  @Get('http/later-round/:x')
  @WebSocket('ws/later-round/:x')
  laterRound(
    @Query('q', pipe('good', false), pipe('second', false, true)) q: string,
    @Param('x', pipe('first', false, true)) x: string,
  ) {
    return { q, x };
  }

  @Get('http/after-slow/:x')
  @WebSocket('ws/after-slow/:x')
  afterSlow(
    @Query('q', pipe('slow', true, true)) q: string,
    @Param('x', sync('sync', true)) x: string,
  ) {
    return { q, x };
  }
}

async function overHttp(app: RunningApp, path: string): Promise<object> {
  seen.length = 0;
  const { body } = await app.get(`/http/${path}`);
  const answer: unknown = JSON.parse(body);
  return { answer, seen: [...seen] };
}

async function overWebSocket(app: RunningApp, path: string): Promise<object> {
  seen.length = 0;
  const client = await app.connect(`/ws/${path}`);
  client.send('a message');
  const received: unknown = await client.json();
  const error: unknown = Reflect.get(Object(received), 'error');
  return { answer: error ?? received, seen: [...seen] };
}

describe.each(platforms)('the pipes of several parameters on $name', ({ ...platform }) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, { controllers: [Parameters], forRoot: { errors: 'reply' } });
  });
  afterAll(closeAllApps);

  it.each([
    ['take turns', 'order/a?q=b'],
    ['do not wait for one that takes its time', 'late/a?q=b'],
    ['fail by the one that fails first', 'slow-fault/a?q=b'],
    ['fail by the earlier of two rounds', 'later-round/a?q=b'],
    ['fail by a synchronous one before a slow one', 'after-slow/a?q=b'],
  ])('%s, as over HTTP', async (_title, path) => {
    expect(await overWebSocket(app, path)).toEqual(await overHttp(app, path));
  });
});
