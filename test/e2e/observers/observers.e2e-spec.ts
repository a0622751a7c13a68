import { Body, Controller, Injectable, Scope, UseGuards, type CanActivate } from '@nestjs/common';
import {
  UseObservers,
  WebSocket,
  WebSocketConnection,
  type ConnectionOutcome,
  type WebSocketObserver,
  type WebSocketObserverContext,
} from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

/** Notes who is told what. */
class Noted implements WebSocketObserver {
  constructor(
    private readonly name: string,
    private readonly notes: string[],
  ) {}

  onOpen(): void {
    this.notes.push(`${this.name} open`);
  }

  onClose(): void {
    this.notes.push(`${this.name} close`);
  }
}

describe.each(platforms)('observers on $name', (platform) => {
  afterEach(closeAllApps);

  it('are told of an upgrade and of its end: of the module, the controller, the method', async () => {
    const notes: string[] = [];

    @UseObservers(new Noted('controller 1', notes), new Noted('controller 2', notes))
    @Controller()
    class RoomController {
      @UseObservers(new Noted('method 1', notes), new Noted('method 2', notes))
      @WebSocket('room')
      say(@Body() text: string): string {
        notes.push('handler');
        return text;
      }
    }

    const app = await startApp(platform, {
      controllers: [RoomController],
      forRoot: { observers: [new Noted('module 1', notes), new Noted('module 2', notes)] },
    });
    const client = await app.connect('/room');
    client.send('hi');
    await client.text();
    await client.close();
    const names = ['module 1', 'module 2', 'controller 1', 'controller 2', 'method 1', 'method 2'];
    await eventually(() => expect(notes).toHaveLength(13), 'all observers');
    expect(notes).toEqual([
      ...names.map((name) => `${name} open`),
      'handler',
      ...names.map((name) => `${name} close`),
    ]);
  });

  it('are told before any middleware runs, and before the close frame', async () => {
    const notes: string[] = [];

    class States implements WebSocketObserver {
      onOpen({ connection }: WebSocketObserverContext): void {
        notes.push(`open: ${connection.socket === undefined ? 'no socket' : 'a socket'}`);
      }

      onClose({ connection }: WebSocketObserverContext): void {
        notes.push(`close: ready state ${connection.socket?.readyState}`);
      }
    }

    @Controller()
    class RoomController {
      @WebSocket('room')
      say(@Body() text: string, connection: WebSocketConnection): string | undefined {
        if (text === 'end') connection.close(4000, 'Enough');
        return text === 'end' ? undefined : text;
      }
    }

    const app = await startApp(platform, {
      controllers: [RoomController],
      forRoot: { observers: [States] },
      configure: (nest) => {
        nest.use((_request: unknown, _response: unknown, next: () => void) => {
          notes.push('middleware');
          next();
        });
      },
    });
    const byClient = await app.connect('/room');
    await byClient.close(1000);
    const byServer = await app.connect('/room');
    byServer.send('end');
    await byServer.closed;
    const OPEN = 1;
    const one = ['open: no socket', 'middleware', `close: ready state ${OPEN}`];
    expect(notes).toEqual([...one, ...one]);
  });

  it('get the handshake, the route and the connection, and the same object at the end', async () => {
    const log = new ObserverLog();
    const seen: WebSocketConnection[] = [];

    @Controller('rooms')
    class RoomController {
      @WebSocket(':id')
      say(connection: WebSocketConnection): string {
        seen.push(connection);
        return 'said';
      }
    }

    const app = await startApp(platform, {
      controllers: [RoomController],
      forRoot: { observers: [log] },
    });
    const client = await app.connect('/rooms/7', { headers: { 'x-user': 'ada' } });
    client.send('hi');
    await client.text();
    const [context] = log.opened;
    const request = context?.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    expect(context?.getType()).toBe('http');
    expect(context?.getClass()).toBe(RoomController);
    expect(context?.getHandler()).toBe(RoomController.prototype.say);
    expect(request?.headers['x-user']).toBe('ada');
    expect(context?.connection.params).toEqual({ id: '7' });
    expect(context?.connection).toBe(seen[0]);
    await client.close();
    await log.outcome();
    expect(log.closed[0]).toBe(context);
  });

  it('that are classes get their dependencies, and are one object for all connections', async () => {
    @Injectable()
    class Metrics {
      readonly events: string[] = [];
    }

    let created = 0;
    @Injectable()
    class Counting implements WebSocketObserver {
      private readonly name: string;

      constructor(private readonly metrics: Metrics) {
        created += 1;
        this.name = new.target.name;
      }

      onOpen(): void {
        this.metrics.events.push(this.name);
      }
    }
    @Injectable()
    class Unlisted extends Counting {}
    @Injectable()
    class Provided extends Counting {}
    @Injectable()
    class OfModule extends Counting {}

    @UseObservers(Unlisted)
    @Controller()
    class RoomController {
      @UseObservers(Provided)
      @WebSocket('room')
      say(): void {}

      @UseObservers(Unlisted)
      @WebSocket('other')
      other(): void {}
    }

    const app = await startApp(platform, {
      controllers: [RoomController],
      providers: [Metrics, Provided, OfModule],
      forRoot: { observers: [OfModule] },
    });
    await app.connect('/room');
    await app.connect('/room');
    const expected = ['OfModule', 'Unlisted', 'Provided'];
    expect(app.app.get(Metrics).events).toEqual([...expected, ...expected]);
    expect(created).toBe(3);
  });

  it('see refused upgrades of a route, and no other requests', async () => {
    class Nobody implements CanActivate {
      canActivate(): boolean {
        return false;
      }
    }

    const log = new ObserverLog();

    @Controller()
    class RoomController {
      @UseGuards(Nobody)
      @WebSocket('room')
      say(): void {}
    }

    const app = await startApp(platform, {
      controllers: [RoomController],
      forRoot: { observers: [log] },
    });
    await expect(app.connect('/elsewhere')).rejects.toMatchObject({ status: 404 });
    expect((await app.get('/room')).status).toBe(426);
    expect(log.opened).toHaveLength(0);
    await expect(app.connect('/room')).rejects.toMatchObject({ status: 403 });
    expect(await log.outcome()).toMatchObject({ kind: 'refused', status: 403 });
    expect(log.opened).toHaveLength(1);
  });

  it('are not awaited', async () => {
    const never = new Promise<void>(() => undefined);
    const outcomes: ConnectionOutcome[] = [];

    class Slow implements WebSocketObserver {
      onOpen(): Promise<void> {
        return never;
      }

      onClose(_context: WebSocketObserverContext, outcome: ConnectionOutcome): Promise<void> {
        outcomes.push(outcome);
        return never;
      }
    }

    @Controller()
    class RoomController {
      @WebSocket('room')
      say(@Body() text: string): string {
        return text;
      }
    }

    const app = await startApp(platform, {
      controllers: [RoomController],
      forRoot: { observers: [Slow], shutdownTimeout: 50 },
    });
    const client = await app.connect('/room');
    client.send('hi');
    expect(await client.text()).toBe('hi');
    expect(await client.close(1000)).toMatchObject({ code: 1000, wasClean: true });
    expect(outcomes).toHaveLength(1);
  });

  describe.each([
    ['throw', (): void => failAtOnce()],
    ['reject', (): Promise<void> => failLater()],
  ])('that %s', (_how, fail) => {
    it('are logged and change nothing', async () => {
      const log = new ObserverLog();

      @Controller()
      class RoomController {
        @UseObservers({ onOpen: fail, onClose: fail }, log)
        @WebSocket('room')
        say(@Body() text: string): string {
          return text;
        }
      }

      const app = await startApp(platform, { controllers: [RoomController] });
      const client = await app.connect('/room');
      client.send('hi');
      expect(await client.text()).toBe('hi');
      expect(await client.close(3001, 'bye')).toMatchObject({ code: 3001, wasClean: true });
      expect(await log.outcome()).toMatchObject({ code: 3001 });
      expect(log.opened).toHaveLength(1);
      const errors = app.logs.at('error');
      expect(errors.map(({ message }) => message)).toEqual([
        'An observer of RoomController.say() failed',
        'An observer of RoomController.say() failed',
      ]);
      expect(errors[0]?.stack).toContain('the observer is broken');
    });
  });
});

describe.each(platforms)('request-scoped observers on $name', (platform) => {
  afterEach(closeAllApps);

  it('are one object for each upgrade, told of its beginning and of its end', async () => {
    const notes: string[] = [];
    let created = 0;

    @Injectable({ scope: Scope.REQUEST })
    class PerUpgrade implements WebSocketObserver {
      private readonly number = (created += 1);

      onOpen(): void {
        notes.push(`open ${this.number}`);
      }

      onClose(): void {
        notes.push(`close ${this.number}`);
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class Unlisted extends PerUpgrade {}

    @UseObservers(PerUpgrade)
    @Controller()
    class RoomController {
      @WebSocket('listed')
      listed(): void {}
    }

    @UseObservers(Unlisted)
    @Controller()
    class OtherController {
      @WebSocket('unlisted')
      unlisted(): void {}
    }

    const app = await startApp(platform, {
      controllers: [RoomController, OtherController],
      providers: [PerUpgrade],
    });
    for (const path of ['/listed', '/unlisted']) {
      notes.length = 0;
      created = 0;
      const first = await app.connect(path);
      const second = await app.connect(path);
      await second.close();
      await first.close();
      await eventually(() => expect(notes).toHaveLength(4), 'both ends');
      expect(notes).toEqual(['open 1', 'open 2', 'close 2', 'close 1']);
      expect(created).toBe(2);
    }
  });

  it('share their dependencies with the connection, also where they only inject what is scoped', async () => {
    const seen: WebSocketConnection[] = [];

    @Injectable()
    class WithConnection implements WebSocketObserver {
      constructor(private readonly connection: WebSocketConnection) {}

      onClose(): void {
        seen.push(this.connection);
      }
    }
    @Injectable()
    class Unlisted extends WithConnection {}

    @UseObservers(WithConnection, Unlisted)
    @Controller()
    class RoomController {
      @WebSocket('room')
      say(connection: WebSocketConnection): string {
        return connection.id;
      }
    }

    const app = await startApp(platform, {
      controllers: [RoomController],
      providers: [WithConnection],
      forRoot: { observers: [Unlisted] },
    });
    const ids: string[] = [];
    for (const client of [await app.connect('/room'), await app.connect('/room')]) {
      client.send('');
      ids.push(await client.text());
      await client.close();
    }
    await eventually(() => expect(seen).toHaveLength(6), 'three observers of two connections');
    expect(seen.map(({ id }) => id)).toEqual(ids.flatMap((id) => [id, id, id]));
    expect(new Set(ids).size).toBe(2);
  });
});

function failAtOnce(): void {
  throw new Error('the observer is broken');
}

async function failLater(): Promise<void> {
  await Promise.resolve();
  throw new Error('the observer is broken');
}
