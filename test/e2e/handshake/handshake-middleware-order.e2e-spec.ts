import { Body, Controller, Get, Global, Module, UseGuards, type CanActivate } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { createApp } from '../../support/apps/factory-app.js';
import { moduleThat, refusals, type Middleware } from '../../support/apps/middleware.js';
import { platforms } from '../../support/apps/platforms.js';
import { refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const journal: string[] = [];
let refusing: string | undefined;
let refuse: Middleware = () => undefined;

const named =
  (name: string): Middleware =>
  (request, response, next) => {
    journal.push(name);
    if (name === refusing) return refuse(request, response, next);
    // Half of them go on at once, the others later: the order is the same.
    if (journal.length % 2 === 0) setImmediate(next);
    else next();
    return undefined;
  };

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

  @Get('window')
  look(): string {
    return 'a window';
  }
}

const everywhere = (name: string, imports: AppSetup['imports'] = []) =>
  moduleThat((consumer) => void consumer.apply(named(name)).forRoutes('{*path}'), { imports });

const Deepest = everywhere('deepest');
const Deep = everywhere('deep', [Deepest]);

@Global()
@Module({})
class GlobalModule extends everywhere('global') {}

const setup: AppSetup = {
  imports: [
    everywhere('first', [Deep]),
    moduleThat(async (consumer) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      consumer
        .apply(named('several 1'), named('several 2'))
        .forRoutes('{*path}')
        .apply(named('of the controller'))
        .forRoutes(HouseController)
        .apply(named('of the paths'))
        .forRoutes('house/door', 'house/window');
    }),
    everywhere('last', [Deepest, GlobalModule]),
  ],
  controllers: [HouseController],
  configure: (app) => {
    app.use(named('use 1'));
    app.use('/house', named('use 2'));
    app.use(named('use 3'));
  },
};

const names = [
  'use 1',
  'use 2',
  'use 3',
  'global',
  'first',
  'deep',
  'deepest',
  'several 1',
  'several 2',
  'of the controller',
  'of the paths',
  'last',
];

const starts = [
  { by: 'NestFactory', start: createApp },
  { by: 'the testing module', start: startApp },
];

describe.each(platforms)('the order of middleware on $name', (platform) => {
  beforeEach(() => {
    journal.splice(0);
    refusing = undefined;
  });
  afterEach(closeAllApps);

  it.each(starts)('is that of a GET, of an app made by $by', async ({ start }) => {
    const app = await start(platform, setup);
    await app.get('/house/window');
    const ofGet = journal.splice(0);
    expect(ofGet.toSorted()).toEqual([...names, 'guard'].toSorted());
    const client = await app.connect('/house/door');
    client.send('hello');
    expect(await client.text()).toBe('hello');
    expect(journal).toEqual([...ofGet, 'handler']);
  });

  it.each(names)('nothing runs after "%s" has refused', async (name) => {
    const app = await startApp(platform, setup);
    await app.get('/house/window');
    const ofGet = journal.splice(0);
    refusing = name;
    for (const refusal of refusals.slice(0, 3)) {
      refuse = refusal.refuse;
      expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 401 });
      expect(journal.splice(0)).toEqual(ofGet.slice(0, ofGet.indexOf(name) + 1));
    }
  });
});
