import {
  Body,
  Controller,
  createParamDecorator,
  ForbiddenException,
  Injectable,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { UseObservers, WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import type { Observable } from 'rxjs';
import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { textWith } from '../../support/matchers.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

interface HandshakeRequest {
  readonly url: string;
  readonly headers: Record<string, string | undefined>;
  user?: string;
}

/** What a context says, kept while it is fresh. */
interface Seen {
  readonly where: string;
  readonly type: string;
  readonly classRef: unknown;
  readonly handler: unknown;
  readonly args: readonly unknown[];
  readonly request: HandshakeRequest;
  readonly response: unknown;
  readonly client: unknown;
  readonly data: unknown;
}

const seen: Seen[] = [];

function look(where: string, host: ArgumentsHost | ExecutionContext): void {
  seen.push({
    where,
    type: host.getType(),
    classRef: 'getClass' in host ? host.getClass() : undefined,
    handler: 'getHandler' in host ? host.getHandler() : undefined,
    args: host.getArgs(),
    request: host.switchToHttp().getRequest(),
    response: host.switchToHttp().getResponse(),
    client: host.switchToWs().getClient(),
    data: host.switchToWs().getData(),
  });
}

function seenBy(where: string): Seen {
  const found = seen.find((one) => one.where === where);
  if (!found) throw new Error(`${where} has seen nothing`);
  return found;
}

class LookingGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    look('guard', context);
    context.switchToHttp().getRequest<HandshakeRequest>().user = 'ada';
    return true;
  }
}

class LookingInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    look('interceptor', context);
    return next.handle();
  }
}

class LookingFilter implements ExceptionFilter {
  catch(exception: Error, host: ArgumentsHost): string {
    look('filter', host);
    return exception.message;
  }
}

const Looking = createParamDecorator((data: string, context: ExecutionContext): string => {
  look('decorator', context);
  return data;
});

/** As users write it for HTTP. */
const User = createParamDecorator(
  (_data: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<HandshakeRequest>().user,
);

@UseObservers({ onOpen: (context) => look('observer', context) })
@UseGuards(LookingGuard)
@Controller()
class RoomController {
  @UseInterceptors(LookingInterceptor)
  @UseFilters(LookingFilter)
  @WebSocket('rooms/:id')
  say(
    @Body() text: string,
    @Looking('data of the decorator') looked: string,
    @User() user: string,
    connection: WebSocketConnection,
  ): string {
    connection.data['text'] = text;
    if (text === 'throw') throw new Error('for the filter');
    return `${user} says ${text} (${looked})`;
  }
}

const Roles = (...roles: string[]) => SetMetadata('roles', roles);
const Public = () => SetMetadata('isPublic', true);

/** As in Nest's documentation. */
@Injectable()
class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>('isPublic', targets)) return true;
    const roles = this.reflector.getAllAndOverride<string[] | undefined>('roles', targets);
    const { headers } = context.switchToHttp().getRequest<HandshakeRequest>();
    if (roles?.includes(headers['x-role'] ?? '')) return true;
    throw new ForbiddenException(`Only for ${roles?.join()}`);
  }
}

@Roles('user')
@Controller('roles')
class RolesController {
  @WebSocket('of-class')
  ofClass(): void {}

  @Roles('admin')
  @WebSocket('of-method')
  ofMethod(): void {}

  @Public()
  @WebSocket('public')
  forAll(): void {}
}

/** Breaks on anything that is not an HTTP request. */
class HttpOnlyGuard implements CanActivate {
  static runs = 0;

  canActivate(context: ExecutionContext): boolean {
    HttpOnlyGuard.runs += 1;
    const response: { setHeader?: unknown; header?: unknown } = context
      .switchToHttp()
      .getResponse();
    if (!response.setHeader && !response.header) throw new Error('this is no HTTP response');
    return context.switchToHttp().getRequest<HandshakeRequest>().headers['x-key'] === 'letmein';
  }
}

describe.each(platforms)('contexts on $name', (platform) => {
  beforeEach(() => {
    seen.length = 0;
    HttpOnlyGuard.runs = 0;
  });
  afterEach(closeAllApps);

  it("are of type 'http' at the handshake", async () => {
    const app = await startApp(platform, { controllers: [RoomController] });
    await app.connect('/rooms/7?page=1', { headers: { 'x-key': 'k' } });
    for (const where of ['guard', 'observer']) {
      const { args, request, response, ...context } = seenBy(where);
      expect(context).toMatchObject({
        type: 'http',
        classRef: RoomController,
        handler: RoomController.prototype.say,
      });
      expect(request.url).toBe('/rooms/7?page=1');
      expect(request.headers['x-key']).toBe('k');
      expect(args.slice(0, 2)).toEqual([request, response]);
      expect(response).toHaveProperty('statusCode', 101);
    }
  });

  it("are of type 'ws' for messages, with the handshake's request", async () => {
    const app = await startApp(platform, { controllers: [RoomController] });
    const client = await app.connect('/rooms/7', { headers: { 'x-key': 'k' } });
    client.send('hi');
    expect(await client.text()).toBe('ada says hi (data of the decorator)');
    for (const where of ['interceptor', 'decorator']) {
      const context = seenBy(where);
      expect(context).toMatchObject({
        type: 'ws',
        classRef: RoomController,
        handler: RoomController.prototype.say,
        data: 'hi',
        response: undefined,
      });
      expect(context.args).toEqual([context.client, 'hi']);
      expect(context.client).toMatchObject({ params: { id: '7' }, data: { text: 'hi' } });
      expect(context.request).toBe(seenBy('guard').request);
    }
  });

  it("are of type 'ws' for filters of messages", async () => {
    const app = await startApp(platform, { controllers: [RoomController] });
    const client = await app.connect('/rooms/7');
    client.send('throw');
    expect(await client.text()).toBe('for the filter');
    const context = seenBy('filter');
    expect(context).toMatchObject({ type: 'ws', data: 'throw', response: undefined });
    expect(context.client).toBe(seenBy('interceptor').client);
    expect(context.request).toBe(seenBy('guard').request);
  });

  it('tell the metadata of the method and of the class', async () => {
    const app = await startApp(platform, {
      controllers: [RolesController],
      providers: [{ provide: APP_GUARD, useClass: RolesGuard }],
    });
    const as = (role: string) => ({ headers: { 'x-role': role } });
    await app.connect('/roles/public');
    await app.connect('/roles/of-class', as('user'));
    await app.connect('/roles/of-method', as('admin'));
    const refused = app.connect('/roles/of-method', as('user'));
    await expect(refused).rejects.toMatchObject({
      status: 403,
      body: textWith('Only for admin'),
    });
    await expect(app.connect('/roles/of-class')).rejects.toMatchObject({ status: 403 });
  });

  it('never meet an HTTP-only global guard after the handshake', async () => {
    @Controller()
    class EchoController {
      @WebSocket('echo')
      echo(@Body() text: string): string {
        return text;
      }

      @WebSocket('greeting', { triggerOnConnect: true })
      greet(): string {
        return 'welcome';
      }
    }

    const app = await startApp(platform, {
      controllers: [EchoController],
      configure: (nest) => void nest.useGlobalGuards(new HttpOnlyGuard()),
    });
    await expect(app.connect('/echo')).rejects.toMatchObject({ status: 403 });
    expect(HttpOnlyGuard.runs).toBe(1);
    const client = await app.connect('/echo', { headers: { 'x-key': 'letmein' } });
    for (const text of ['one', 'two', 'three']) {
      client.send(text);
      expect(await client.text()).toBe(text);
    }
    expect(HttpOnlyGuard.runs).toBe(2);
    const greeted = await app.connect('/greeting', { headers: { 'x-key': 'letmein' } });
    expect(await greeted.text()).toBe('welcome');
    expect(HttpOnlyGuard.runs).toBe(3);
    await client.close();
    await eventually(() => expect(client.isOpen).toBe(false), 'the close');
  });
});
