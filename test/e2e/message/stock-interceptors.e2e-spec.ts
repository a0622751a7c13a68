import {
  Body,
  ClassSerializerInterceptor,
  Controller,
  Injectable,
  Logger,
  SerializeOptions,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { HttpAdapterHost, Reflector } from '@nestjs/core';
import { Exclude, Expose } from 'class-transformer';
import { WebSocket } from 'nestjs-revali-ws';
import { of, tap, type Observable } from 'rxjs';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

class User {
  name: string;

  @Exclude()
  password = 'secret';

  constructor(name: string) {
    this.name = name;
  }

  @Expose()
  get greeting(): string {
    return `Hello ${this.name}`;
  }
}

@UseInterceptors(ClassSerializerInterceptor)
@Controller('users')
class UsersController {
  @WebSocket('one')
  one(@Body() name: string): User {
    return new User(name);
  }

  @WebSocket('many')
  async many(@Body() names: string[]): Promise<User[]> {
    return names.map((name) => new User(name));
  }

  @WebSocket('stream')
  async *stream(@Body() names: string[]): AsyncGenerator<User> {
    for (const name of names) yield new User(name);
  }

  @SerializeOptions({ type: User })
  @WebSocket('plain')
  plain(@Body() name: string): object {
    return { name, password: 'secret' };
  }

  @WebSocket('text')
  text(@Body() text: string): string {
    return text;
  }

  @WebSocket('bytes')
  bytes(@Body() bytes: Buffer): Buffer {
    return bytes;
  }

  @WebSocket('nothing')
  nothing(): null {
    return null;
  }
}

/** The steps of @nestjs/cache-manager's CacheInterceptor, with a map for a store. */
@Injectable()
class CachingInterceptor implements NestInterceptor {
  readonly cache = new Map<string, unknown>();

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const key = this.trackBy(context);
    if (!key) return next.handle();
    if (this.cache.has(key)) return of(this.cache.get(key));
    return next.handle().pipe(tap((response) => this.cache.set(key, response)));
  }

  private trackBy(context: ExecutionContext): string | undefined {
    const named = this.reflector.get<string | undefined>('cache_key', context.getHandler());
    if (named) return named;
    const request = context.switchToHttp().getRequest<{ method: string }>();
    if (request.method !== 'GET') return undefined;
    const url: unknown = this.host.httpAdapter.getRequestUrl(context.getArgByIndex(0));
    return typeof url === 'string' ? url : undefined;
  }
}

@UseInterceptors(CachingInterceptor)
@Controller()
class CachedController {
  @WebSocket('cached')
  say(@Body() text: string): string {
    return text;
  }
}

/** As in Nest's documentation and in every second application. */
class LoggingInterceptor implements NestInterceptor {
  private readonly logger = new Logger('Logging');

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<{ method: string; url: string }>();
    const where = `${request.method} ${request.url} ${context.getClass().name}.${context.getHandler().name}`;
    this.logger.log(`${where} begins`);
    return next.handle().pipe(
      tap({
        next: () => this.logger.log(`${where} sends`),
        error: (error: Error) => this.logger.log(`${where} fails: ${error.message}`),
        complete: () => this.logger.log(`${where} ends`),
      }),
    );
  }
}

@UseInterceptors(LoggingInterceptor)
@Controller()
class LoggedController {
  @WebSocket('logged', { errors: 'reply' })
  say(@Body() text: string): string {
    if (text === 'throw') throw new Error('broken');
    return text;
  }
}

describe.each(platforms)('interceptors that were written for HTTP, on $name', (platform) => {
  afterEach(closeAllApps);

  it('ClassSerializerInterceptor serialises values, arrays and the items of streams', async () => {
    const app = await startApp(platform, { controllers: [UsersController] });
    const ada = { name: 'ada', greeting: 'Hello ada' };
    const bob = { name: 'bob', greeting: 'Hello bob' };
    const one = await app.connect('/users/one');
    one.send('ada');
    expect(await one.json()).toEqual(ada);
    const many = await app.connect('/users/many');
    many.sendJson(['ada', 'bob']);
    expect(await many.json()).toEqual([ada, bob]);
    const stream = await app.connect('/users/stream');
    stream.sendJson(['ada', 'bob']);
    expect([await stream.json(), await stream.json()]).toEqual([ada, bob]);
    const plain = await app.connect('/users/plain');
    plain.send('ada');
    expect(await plain.json()).toEqual(ada);
  });

  it('ClassSerializerInterceptor leaves texts, bytes and null as they are', async () => {
    const app = await startApp(platform, { controllers: [UsersController] });
    const text = await app.connect('/users/text');
    text.send('hi');
    expect(await text.text()).toBe('hi');
    const bytes = await app.connect('/users/bytes');
    bytes.send(Buffer.from([1, 2, 255]));
    expect(await bytes.binary()).toEqual(Buffer.from([1, 2, 255]));
    const nothing = await app.connect('/users/nothing');
    nothing.send('hi');
    expect(await nothing.text()).toBe('null');
  });

  it('one that caches HTTP answers by URL does not answer one message for another', async () => {
    const app = await startApp(platform, { controllers: [CachedController] });
    const client = await app.connect('/cached');
    for (const text of ['one', 'two']) {
      client.send(text);
      expect(await client.text()).toBe(text);
    }
    expect((await client.close()).wasClean).toBe(true);
  });

  it('one that logs sees the handshake, the handler, each message and each error', async () => {
    const app = await startApp(platform, { controllers: [LoggedController] });
    const client = await app.connect('/logged?room=1');
    client.send('hi');
    await client.text();
    client.send('throw');
    await client.json();
    const lines = app.logs.entries
      .filter(({ context }) => context === 'Logging')
      .map(({ message }) => message);
    expect(lines).toEqual(
      ['begins', 'sends', 'ends', 'begins', 'fails: broken'].map(
        (what) => `GET /logged?room=1 LoggedController.say ${what}`,
      ),
    );
  });
});
