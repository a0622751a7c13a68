import {
  Body,
  Controller,
  Inject,
  Injectable,
  Module,
  UseGuards,
  type CanActivate,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { WebSocket } from 'nestjs-revali-ws';
import { of, type Observable } from 'rxjs';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { nestBody, refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

type Verdict = boolean | Promise<boolean> | Observable<boolean>;

const journal: string[] = [];
let verdict: () => Verdict = () => true;

const DOORMAN = Symbol('DOORMAN');
const doorman = {
  provide: DOORMAN,
  useFactory: () => () => {
    journal.push('guard');
    return verdict();
  },
};

@Injectable()
class DoorGuard implements CanActivate {
  constructor(@Inject(DOORMAN) private readonly admits: () => Verdict) {}

  canActivate(): Verdict {
    return this.admits();
  }
}

const doorGuard = new DoorGuard(doorman.useFactory());

function enter(message: string): string {
  journal.push('handler');
  return `in: ${message}`;
}

@Controller('house')
class OpenController {
  @WebSocket('door')
  enter(@Body() message: string): string {
    return enter(message);
  }
}

@Controller('house')
@UseGuards(DoorGuard)
class ClassOnController extends OpenController {}

@Controller('house')
@UseGuards(doorGuard)
class InstanceOnController extends OpenController {}

@Controller('house')
class ClassOnMethod {
  @WebSocket('door')
  @UseGuards(DoorGuard)
  enter(@Body() message: string): string {
    return enter(message);
  }
}

@Controller('house')
class InstanceOnMethod {
  @UseGuards(doorGuard)
  @WebSocket('door')
  enter(@Body() message: string): string {
    return enter(message);
  }
}

/** Its own prefix; the guarded method is that of its base class. */
@Controller('house')
class InheritingController extends ClassOnMethod {}

@Module({ controllers: [ClassOnController], providers: [doorman] })
class ControllerModule {}

@Module({ controllers: [ClassOnMethod], providers: [doorman] })
class MethodModule {}

@Module({ controllers: [InheritingController], providers: [doorman] })
class InheritingModule {}

@Module({ providers: [doorman, { provide: APP_GUARD, useClass: DoorGuard }] })
class GuardModule {}

const scopes: readonly { scope: string; setup: AppSetup }[] = [
  {
    scope: 'APP_GUARD of the root module',
    setup: {
      controllers: [OpenController],
      providers: [doorman, { provide: APP_GUARD, useClass: DoorGuard }],
    },
  },
  {
    scope: 'APP_GUARD of another module',
    setup: { controllers: [OpenController], imports: [GuardModule] },
  },
  {
    scope: 'app.useGlobalGuards()',
    setup: {
      controllers: [OpenController],
      configure: (app) => void app.useGlobalGuards(doorGuard),
    },
  },
  { scope: 'a class on the controller', setup: { imports: [ControllerModule] } },
  { scope: 'an instance on the controller', setup: { controllers: [InstanceOnController] } },
  { scope: 'a class on the method', setup: { imports: [MethodModule] } },
  { scope: 'an instance on the method', setup: { controllers: [InstanceOnMethod] } },
  { scope: 'a class on an inherited method', setup: { imports: [InheritingModule] } },
];

const forms: readonly { form: string; as: (allowed: boolean) => Verdict }[] = [
  { form: 'a boolean', as: (allowed) => allowed },
  { form: 'a promise', as: (allowed) => Promise.resolve(allowed) },
  { form: 'an observable', as: (allowed) => of(allowed) },
];

const cases = scopes.flatMap(({ scope, setup }) =>
  forms.map(({ form, as }) => ({ scope, setup, form, as })),
);

describe.each(platforms)('guards at the handshake on $name', (platform) => {
  beforeEach(() => journal.splice(0));
  afterEach(closeAllApps);

  it.each(cases)('$scope keeps the client out with $form', async ({ setup, as }) => {
    verdict = () => as(false);
    const app = await startApp(platform, setup);
    const { status, headers, body } = await refusedUpgrade(app, '/house/door');
    expect(status).toBe(403);
    expect(headers['content-type']).toEqual(['application/json; charset=utf-8']);
    expect(JSON.parse(body)).toEqual(nestBody(403, 'Forbidden resource'));
    expect(journal).toEqual(['guard']);
  });

  it.each(cases)('$scope lets the client in with $form, asked once', async ({ setup, as }) => {
    verdict = () => as(true);
    const app = await startApp(platform, setup);
    const client = await app.connect('/house/door');
    for (const name of ['Ada', 'Bob']) {
      client.send(name);
      expect(await client.text()).toBe(`in: ${name}`);
    }
    expect(journal).toEqual(['guard', 'handler', 'handler']);
  });

  it.each(scopes)('$scope is asked again for each connection', async ({ setup }) => {
    const verdicts = [true, false, true];
    verdict = () => verdicts.shift() ?? false;
    const app = await startApp(platform, setup);
    await app.connect('/house/door');
    await expect(app.connect('/house/door')).rejects.toMatchObject({ status: 403 });
    const third = await app.connect('/house/door');
    third.send('Eve');
    expect(await third.text()).toBe('in: Eve');
    expect(journal).toEqual(['guard', 'guard', 'guard', 'handler']);
  });

  it('takes the dependencies of a guard from the module of the controller', async () => {
    const doormanWho = (admits: boolean) => ({ provide: DOORMAN, useValue: () => admits });
    @Controller('open')
    @UseGuards(DoorGuard)
    class OpenHouse extends OpenController {}
    @Controller('closed')
    @UseGuards(DoorGuard)
    class ClosedHouse extends OpenController {}
    @Module({ controllers: [OpenHouse], providers: [doormanWho(true)] })
    class OpenModule {}
    @Module({ controllers: [ClosedHouse], providers: [doormanWho(false)] })
    class ClosedModule {}
    const app = await startApp(platform, { imports: [OpenModule, ClosedModule] });
    const client = await app.connect('/open/door');
    client.send('Ada');
    expect(await client.text()).toBe('in: Ada');
    expect(await refusedUpgrade(app, '/closed/door')).toMatchObject({ status: 403 });
    expect(journal).toEqual(['handler']);
  });

  it.each([true, false])('overrideGuard() of the testing module decides: %s', async (allowed) => {
    verdict = () => !allowed;
    const app = await startApp(platform, {
      imports: [ControllerModule],
      overrides: (builder) =>
        builder.overrideGuard(DoorGuard).useValue({ canActivate: () => allowed }),
    });
    if (allowed) await app.connect('/house/door');
    else expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 403 });
    expect(journal).toEqual([]);
  });
});
