import {
  Body,
  Catch,
  Controller,
  HttpException,
  Inject,
  Injectable,
  Module,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
} from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { unhandled } from '../../support/faults/leaks.js';
import { moduleThat } from '../../support/apps/middleware.js';
import { platforms } from '../../support/apps/platforms.js';
import { nestBody, refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const handled: string[] = [];
let refuse = (): unknown => new UnauthorizedException('No key');

@Injectable()
class RefusingGuard implements CanActivate {
  canActivate(): boolean {
    throw refuse();
  }
}

function handle(message: string): string {
  handled.push(message);
  return message;
}

@Controller('house')
@UseGuards(RefusingGuard)
class HouseController {
  @WebSocket('door')
  enter(@Body() message: string): string {
    return handle(message);
  }
}

/** What Express' response and Fastify's reply have in common. */
interface Answer {
  status(code: number): Answer;
  header(name: string, value: string): Answer;
  send(body: unknown): unknown;
}

const FILTERED_BY = Symbol('FILTERED_BY');

@Catch(HttpException)
class AnsweringFilter implements ExceptionFilter<HttpException> {
  async catch(exception: HttpException, host: ArgumentsHost): Promise<void> {
    await Promise.resolve();
    const answer = host.switchToHttp().getResponse<Answer>();
    const { url } = host.switchToHttp().getRequest<{ url: string }>();
    answer
      .status(418)
      .header('X-Filter', host.getType())
      .send({ said: exception.message, url, arguments: host.getArgs().length });
  }
}

@Catch()
class RejectingFilter implements ExceptionFilter {
  async catch(): Promise<void> {
    await Promise.resolve();
    throw new Error('secret: the filter failed');
  }
}

@Catch()
class ThrowingFilter implements ExceptionFilter {
  catch(): void {
    throw new Error('secret: the filter failed');
  }
}

/** A filter that only looks, and leaves the answer to Nest. */
@Catch()
class LookingFilter extends BaseExceptionFilter {
  constructor(@Inject(HttpAdapterHost) { httpAdapter }: HttpAdapterHost) {
    super(httpAdapter);
  }

  override catch(exception: unknown, host: ArgumentsHost): void {
    handled.push('filter');
    super.catch(exception, host);
  }
}

type Filter = new (...args: never[]) => ExceptionFilter;

@Injectable()
class MethodGuard extends RefusingGuard {}

/** The same filter at each of its scopes. */
function scopesOf(filter: Filter): readonly { scope: string; setup: AppSetup }[] {
  @Controller('house')
  @UseGuards(RefusingGuard)
  @UseFilters(filter)
  class OnController extends HouseController {}
  @Controller('house')
  class OnMethod {
    @WebSocket('door')
    @UseGuards(MethodGuard)
    @UseFilters(filter)
    enter(@Body() message: string): string {
      return handle(message);
    }
  }
  return [
    {
      scope: 'global',
      setup: {
        controllers: [HouseController],
        providers: [{ provide: APP_FILTER, useClass: filter }],
      },
    },
    { scope: 'controller', setup: { controllers: [OnController] } },
    { scope: 'method', setup: { controllers: [OnMethod] } },
  ];
}

describe.each(platforms)('exception filters at the handshake on $name', (platform) => {
  beforeEach(() => {
    handled.splice(0);
    refuse = () => new UnauthorizedException('No key');
  });
  afterEach(closeAllApps);

  it.each(scopesOf(AnsweringFilter))('one of $scope scope writes the answer', async ({ setup }) => {
    const app = await startApp(platform, setup);
    const { status, headers, body } = await refusedUpgrade(app, '/house/door?as=ada');
    expect(status).toBe(418);
    expect(headers['x-filter']).toEqual(['http']);
    expect(JSON.parse(body)).toEqual({
      said: 'No key',
      url: '/house/door?as=ada',
      arguments: 3,
    });
    expect(handled).toEqual([]);
  });

  it.each(scopesOf(LookingFilter))(
    'one of $scope scope may leave the answer to Nest',
    async ({ setup }) => {
      const app = await startApp(platform, setup);
      const { status, body } = await refusedUpgrade(app, '/house/door');
      expect(status).toBe(401);
      expect(JSON.parse(body)).toEqual(nestBody(401, 'No key'));
      expect(handled).toEqual(['filter']);
    },
  );

  it.each([...scopesOf(RejectingFilter), ...scopesOf(ThrowingFilter)])(
    'one of $scope scope that fails leaves the client with an answer',
    async ({ setup }) => {
      const recorder = unhandled();
      const app = await startApp(platform, setup);
      const { status, body } = await refusedUpgrade(app, '/house/door');
      expect(status).toBe(500);
      expect(JSON.parse(body)).toEqual({ statusCode: 500, message: 'Internal server error' });
      expect(app.logs.messages('error').join()).toContain('secret: the filter failed');
      expect(await recorder.release()).toEqual([]);
      expect(handled).toEqual([]);
    },
  );

  it('the one nearest to the method that catches the exception is asked', async () => {
    @Catch(UnauthorizedException)
    class NearFilter implements ExceptionFilter {
      catch(_exception: unknown, host: ArgumentsHost): void {
        host.switchToHttp().getResponse<Answer>().status(402).send({ near: true });
      }
    }
    @Controller('house')
    @UseGuards(RefusingGuard)
    @UseFilters(AnsweringFilter)
    class NearController {
      @WebSocket('door')
      @UseFilters(NearFilter)
      enter(@Body() message: string): string {
        return handle(message);
      }
    }
    const app = await startApp(platform, {
      controllers: [NearController],
      providers: [{ provide: APP_FILTER, useClass: RejectingFilter }],
    });
    expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 402 });
    refuse = () => new HttpException('Gone', 410);
    expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 418 });
    refuse = () => new Error('secret');
    expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 500 });
  });

  it('one with dependencies of its module answers for guards and for middleware', async () => {
    @Catch(HttpException)
    class SigningFilter implements ExceptionFilter<HttpException> {
      constructor(private readonly signature: string) {}

      catch(exception: HttpException, host: ArgumentsHost): void {
        const answer = host.switchToHttp().getResponse<Answer>();
        answer.status(exception.getStatus()).header('X-Signed', this.signature).send({});
      }
    }
    @Module({
      providers: [
        { provide: FILTERED_BY, useValue: 'ada' },
        {
          provide: APP_FILTER,
          inject: [FILTERED_BY],
          useFactory: (signature: string) => new SigningFilter(signature),
        },
      ],
    })
    class FilterModule {}
    const app = await startApp(platform, {
      controllers: [HouseController],
      imports: [
        FilterModule,
        moduleThat(
          (consumer) =>
            void consumer
              .apply(
                (
                  request: { headers: Record<string, unknown> },
                  _: unknown,
                  next: (error?: unknown) => void,
                ) => {
                  if (request.headers['x-early']) next(refuse());
                  else next();
                },
              )
              .forRoutes('{*path}'),
        ),
      ],
    });
    for (const headers of [[], [['X-Early', 'yes']]] as const) {
      const refused = await refusedUpgrade(app, '/house/door', { headers });
      expect(refused.status).toBe(401);
      expect(refused.headers['x-signed']).toEqual(['ada']);
    }
  });
});
