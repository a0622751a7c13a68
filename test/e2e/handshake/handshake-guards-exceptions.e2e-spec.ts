import {
  Body,
  Catch,
  Controller,
  HttpException,
  Injectable,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { WebSocket } from 'nestjs-revali-ws';
import { throwError, type Observable } from 'rxjs';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { unhandled } from '../../support/faults/leaks.js';
import { platforms } from '../../support/apps/platforms.js';
import { nestBody, refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const handled: string[] = [];
let thrown: () => unknown = () => undefined;

@Injectable()
class ThrowingGuard implements CanActivate {
  canActivate(_context: ExecutionContext): boolean {
    throw thrown();
  }
}

@Injectable()
class RejectingGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    await Promise.resolve();
    throw thrown();
  }
}

@Injectable()
class FailingGuard implements CanActivate {
  canActivate(): Observable<boolean> {
    return throwError(thrown);
  }
}

function handle(message: string): string {
  handled.push(message);
  return message;
}

@Controller('house')
class OpenController {
  @WebSocket('door')
  enter(@Body() message: string): string {
    return handle(message);
  }
}

@Controller('house')
@UseGuards(RejectingGuard)
class ControllerGuarded extends OpenController {}

@Controller('house')
class MethodGuarded {
  @WebSocket('door')
  @UseGuards(FailingGuard)
  enter(@Body() message: string): string {
    return handle(message);
  }
}

const scopes: readonly { how: string; setup: AppSetup }[] = [
  {
    how: 'throws, at global scope',
    setup: {
      controllers: [OpenController],
      providers: [{ provide: APP_GUARD, useClass: ThrowingGuard }],
    },
  },
  { how: 'rejects, on the controller', setup: { controllers: [ControllerGuarded] } },
  { how: 'errs as an observable, on the method', setup: { controllers: [MethodGuarded] } },
];

/** Answers in a form of its own, with headers. */
@Catch(HttpException)
class ChallengeFilter implements ExceptionFilter<HttpException> {
  catch(exception: HttpException, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<FilterResponse>();
    const answer = response.status(exception.getStatus());
    answer.header('WWW-Authenticate', 'Bearer realm="house"');
    answer.header('Retry-After', '7');
    answer.send({ refused: exception.message });
  }
}

/** What Express' response and Fastify's reply have in common. */
interface FilterResponse {
  status(code: number): FilterResponse;
  header(name: string, value: string): unknown;
  send(body: unknown): unknown;
}

@Controller('house')
@UseGuards(RejectingGuard)
@UseFilters(ChallengeFilter)
class FilteredController extends OpenController {}

describe.each(platforms)('what a guard throws on $name', (platform) => {
  beforeEach(() => handled.splice(0));
  afterEach(closeAllApps);

  describe.each(scopes)('when it $how', ({ setup }) => {
    it('answers an HttpException with its status and body', async () => {
      thrown = () => new UnauthorizedException('No key');
      const app = await startApp(platform, setup);
      const { status, headers, body } = await refusedUpgrade(app, '/house/door');
      expect(status).toBe(401);
      expect(headers['content-type']).toEqual(['application/json; charset=utf-8']);
      expect(JSON.parse(body)).toEqual(nestBody(401, 'No key'));
      expect(handled).toEqual([]);
    });

    it('answers a body of its own as it is', async () => {
      thrown = () => new HttpException({ code: 'E_FULL', seats: 0 }, 429);
      const app = await startApp(platform, setup);
      const { status, body } = await refusedUpgrade(app, '/house/door');
      expect(status).toBe(429);
      expect(JSON.parse(body)).toEqual({ code: 'E_FULL', seats: 0 });
    });

    it('answers any other error with a bare 500 and logs it with its stack', async () => {
      thrown = () => new Error('secret: the database password');
      const app = await startApp(platform, setup);
      const { status, headers, body } = await refusedUpgrade(app, '/house/door');
      expect(status).toBe(500);
      expect(JSON.parse(body)).toEqual({ statusCode: 500, message: 'Internal server error' });
      expect(JSON.stringify(headers)).not.toContain('secret');
      const entry = app.logs
        .at('error')
        .find(({ message, stack }) => `${message} ${stack}`.includes('the database password'));
      expect(entry?.stack).toContain('handshake-guards-exceptions');
      expect(handled).toEqual([]);
    });

    it.each(['a text', undefined, null, 42])('answers 500 to %p that is thrown', async (value) => {
      thrown = () => value;
      const recorder = unhandled();
      const app = await startApp(platform, setup);
      expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 500 });
      expect(await recorder.release()).toEqual([]);
      expect(handled).toEqual([]);
    });

    it('sends what a global exception filter answers', async () => {
      thrown = () => new UnauthorizedException('No key');
      const app = await startApp(platform, {
        ...setup,
        providers: [...(setup.providers ?? []), { provide: APP_FILTER, useClass: ChallengeFilter }],
      });
      const { status, headers, body } = await refusedUpgrade(app, '/house/door');
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toEqual(['Bearer realm="house"']);
      expect(headers['retry-after']).toEqual(['7']);
      expect(JSON.parse(body)).toEqual({ refused: 'No key' });
      expect(handled).toEqual([]);
    });
  });

  it('sends what an exception filter on the controller answers', async () => {
    thrown = () => new UnauthorizedException('No key');
    const app = await startApp(platform, { controllers: [FilteredController] });
    const { status, headers, body } = await refusedUpgrade(app, '/house/door');
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toEqual(['Bearer realm="house"']);
    expect(JSON.parse(body)).toEqual({ refused: 'No key' });
  });

  it('goes on serving other clients after a guard has thrown', async () => {
    const errors = [new Error('once'), undefined];
    @Injectable()
    class OnceGuard implements CanActivate {
      canActivate(): boolean {
        const error = errors.shift();
        if (error) throw error;
        return true;
      }
    }
    @Controller('house')
    @UseGuards(OnceGuard)
    class OnceController extends OpenController {}
    const app = await startApp(platform, { controllers: [OnceController] });
    expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 500 });
    const client = await app.connect('/house/door');
    client.send('hello');
    expect(await client.text()).toBe('hello');
  });
});
