import {
  Body,
  Controller,
  Inject,
  Injectable,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, REQUEST } from '@nestjs/core';
import { UseObservers, WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import { map, type Observable } from 'rxjs';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

interface HandshakeRequest {
  readonly headers: Record<string, string | undefined>;
}

/** Each class that was created, in order. */
const created: string[] = [];

/** What all enhancers of one connection share. */
@Injectable({ scope: Scope.REQUEST })
class Session {
  readonly user: string;
  readonly steps: string[] = [];

  constructor(
    @Inject(REQUEST) request: HandshakeRequest,
    readonly connection: WebSocketConnection,
  ) {
    this.user = request.headers['x-user'] ?? 'nobody';
    created.push('Session');
  }
}

/** Request-scoped only by what it injects. */
@Injectable()
class SessionGuard implements CanActivate {
  constructor(private readonly session: Session) {
    created.push('SessionGuard');
  }

  canActivate(): boolean {
    this.session.steps.push('guard');
    return this.session.user !== 'nobody';
  }
}

@Injectable({ scope: Scope.REQUEST })
class SessionInterceptor implements NestInterceptor {
  private count = 0;

  constructor(private readonly session: Session) {
    created.push('SessionInterceptor');
  }

  intercept(_context: unknown, next: CallHandler): Observable<unknown> {
    this.count += 1;
    this.session.steps.push('interceptor');
    return next.handle().pipe(map((value) => `${this.session.user} ${this.count}: ${value}`));
  }
}

@Injectable({ scope: Scope.REQUEST })
class SessionPipe implements PipeTransform {
  constructor(private readonly session: Session) {
    created.push('SessionPipe');
  }

  transform(value: string): string {
    this.session.steps.push('pipe');
    return `${value} of ${this.session.user}`;
  }
}

@Injectable({ scope: Scope.REQUEST })
class ParameterPipe implements PipeTransform {
  constructor(private readonly session: Session) {
    created.push('ParameterPipe');
  }

  transform(value: string): string {
    this.session.steps.push('parameter pipe');
    if (value.startsWith('throw')) throw new Error('for the filter');
    return value;
  }
}

@Injectable({ scope: Scope.REQUEST })
class SessionFilter implements ExceptionFilter {
  constructor(private readonly session: Session) {
    created.push('SessionFilter');
  }

  catch(exception: Error): string {
    return `${exception.message} of ${this.session.user}`;
  }
}

@Injectable({ scope: Scope.REQUEST })
class SessionObserver {
  constructor(private readonly session: Session) {
    created.push('SessionObserver');
  }

  onOpen(): void {
    this.session.steps.push('observer');
  }
}

/** A singleton itself, but for its enhancers. */
@UseObservers(SessionObserver)
@UseGuards(SessionGuard)
@UseInterceptors(SessionInterceptor)
@UsePipes(SessionPipe)
@UseFilters(SessionFilter)
@Controller()
class SessionController {
  constructor(private readonly session: Session) {}

  @WebSocket('session')
  say(@Body(ParameterPipe) text: string, connection: WebSocketConnection): unknown {
    if (text.startsWith('steps')) return JSON.stringify(this.session.steps);
    if (text.startsWith('same')) return String(this.session.connection.id === connection.id);
    return text;
  }
}

@Injectable({ scope: Scope.REQUEST })
class GlobalGuard implements CanActivate {
  constructor(private readonly session: Session) {
    created.push('GlobalGuard');
  }

  canActivate(): boolean {
    return this.session.user !== 'nobody';
  }
}

@Injectable({ scope: Scope.REQUEST })
class GlobalInterceptor implements NestInterceptor {
  constructor(private readonly session: Session) {
    created.push('GlobalInterceptor');
  }

  intercept(_context: unknown, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value) => `${this.session.user}: ${value}`));
  }
}

@Controller()
class PlainController {
  constructor() {
    created.push('PlainController');
  }

  @WebSocket('plain')
  say(@Body() text: string): string {
    return text;
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class TransientInterceptor implements NestInterceptor {
  private count = 0;

  constructor() {
    created.push('TransientInterceptor');
  }

  intercept(_context: unknown, next: CallHandler): Observable<unknown> {
    this.count += 1;
    return next.handle().pipe(map((value) => `${this.count}: ${value}`));
  }
}

@UseInterceptors(TransientInterceptor)
@Controller()
class TransientController {
  @WebSocket('transient')
  say(@Body() text: string): string {
    return text;
  }
}

describe.each(platforms)('request-scoped enhancers on $name', (platform) => {
  beforeEach(() => {
    created.length = 0;
  });
  afterEach(closeAllApps);

  const as = (user: string) => ({ headers: { 'x-user': user } });
  const once = [
    'ParameterPipe',
    'Session',
    'SessionFilter',
    'SessionGuard',
    'SessionInterceptor',
    'SessionObserver',
    'SessionPipe',
  ];

  it('are created once for each connection, and for no message', async () => {
    const app = await startApp(platform, {
      controllers: [SessionController],
      providers: [Session],
    });
    expect(created).toEqual([]);
    const ada = await app.connect('/session', as('ada'));
    expect(created.toSorted()).toEqual(once);
    const bob = await app.connect('/session', as('bob'));
    expect(created.toSorted()).toEqual([...once, ...once].toSorted());
    for (const count of [1, 2, 3]) {
      ada.send('hi');
      bob.send('hello');
      expect(await ada.text()).toBe(`ada ${count}: hi of ada`);
      expect(await bob.text()).toBe(`bob ${count}: hello of bob`);
    }
    ada.send('throw');
    expect(await ada.text()).toBe('for the filter of ada');
    expect(created).toHaveLength(2 * once.length);
  });

  it('share what they inject with each other, the controller and the connection', async () => {
    const app = await startApp(platform, {
      controllers: [SessionController],
      providers: [Session],
    });
    const client = await app.connect('/session', as('ada'));
    client.send('same');
    expect(await client.text()).toBe('ada 1: true');
    client.send('steps');
    const message = ['interceptor', 'pipe', 'parameter pipe'];
    const steps = JSON.stringify(['observer', 'guard', ...message, ...message]);
    expect(await client.text()).toBe(`ada 2: ${steps}`);
  });

  it('refuse with what their connection brings', async () => {
    const app = await startApp(platform, {
      controllers: [SessionController],
      providers: [Session],
    });
    // The filter returns what it would send as a message: over HTTP it leaves the answer to Nest.
    await expect(app.connect('/session')).rejects.toMatchObject({ status: 403 });
    await app.connect('/session', as('ada'));
  });

  it('may be global', async () => {
    const app = await startApp(platform, {
      controllers: [PlainController],
      providers: [
        Session,
        { provide: APP_GUARD, useClass: GlobalGuard, scope: Scope.REQUEST },
        { provide: APP_INTERCEPTOR, useClass: GlobalInterceptor, scope: Scope.REQUEST },
      ],
    });
    created.length = 0;
    await expect(app.connect('/plain')).rejects.toMatchObject({ status: 403 });
    created.length = 0;
    const client = await app.connect('/plain', as('ada'));
    for (const text of ['one', 'two']) {
      client.send(text);
      expect(await client.text()).toBe(`ada: ${text}`);
    }
    const enhancers = created.filter((name) => name !== 'PlainController');
    expect(enhancers.toSorted()).toEqual(['GlobalGuard', 'GlobalInterceptor', 'Session']);
  });

  it('that are transient are created once for their controller', async () => {
    const app = await startApp(platform, { controllers: [TransientController] });
    const atStart = [...created];
    const clients = [await app.connect('/transient'), await app.connect('/transient')];
    const answers: string[] = [];
    for (const client of clients) {
      client.send('hi');
      answers.push(await client.text());
    }
    expect(answers).toEqual(['1: hi', '2: hi']);
    expect(created).toEqual(atStart);
  });
});
