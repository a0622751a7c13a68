import {
  Body,
  Controller,
  Injectable,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import {
  Connection,
  WebSocket,
  WebSocketConnection,
  type HandshakeRequest,
  type RevaliWsModuleOptions,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { eventually, sleep } from '../../support/deadline.js';
import { activeTimers } from '../../support/faults/leaks.js';
import { settledTimers } from '../../support/faults/settled-timers.js';
import { ObserverLog } from '../../support/records/observer-log.js';

interface TokenRequest extends HandshakeRequest {
  token?: { readonly exp: unknown };
}

/** What came of the header `x-exp`: the names stand for values that no header can hold. */
const SPECIAL: Readonly<Record<string, unknown>> = {
  nan: Number.NaN,
  invalid: new Date(Number.NaN),
  infinite: Infinity,
  text: '2027-01-01',
  null: null,
};

@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<TokenRequest>();
    const exp = String(request.headers['x-exp'] ?? '');
    if (exp === 'promise') request.token = { exp: Promise.reject(new Error('nobody waits')) };
    else if (exp !== '') request.token = { exp: exp in SPECIAL ? SPECIAL[exp] : Number(exp) };
    return true;
  }
}

/** Of whatever a guard in JavaScript may have put there. */
function readToken(request: TokenRequest): number;
function readToken({ token }: TokenRequest): unknown {
  return token?.exp;
}

@Controller()
@UseGuards(TokenGuard)
class Expiring {
  @WebSocket('feed', { expires: readToken })
  @WebSocket('module')
  echo(@Body() message: string): string {
    return message;
  }

  @WebSocket('slow', { expires: readToken })
  async slow(@Body() message: string): Promise<string> {
    await sleep(700);
    return message;
  }

  @WebSocket('moved', { expires: readToken, errors: 'reply' })
  move(@Body() inMs: number, @Connection() connection: WebSocketConnection): string {
    connection.expiresAt = Number.isNaN(inMs) ? undefined : new Date(Date.now() + inMs);
    return connection.expiresAt === undefined ? 'never' : 'moved';
  }

  @WebSocket('broken', { errors: 'reply' })
  break(@Body() _message: string, @Connection() connection: WebSocketConnection): void {
    Reflect.set(connection, 'expiresAt', 'tomorrow');
  }

  @WebSocket('throws', {
    expires: () => {
      throw new TypeError('there is no user');
    },
  })
  never(): void {}
}

describe.each(platforms)('the end of an authentication on $name', (platform) => {
  afterEach(closeAllApps);

  const start = (forRoot: RevaliWsModuleOptions = {}): Promise<RunningApp> =>
    startApp(platform, { controllers: [Expiring], providers: [TokenGuard], forRoot });
  const expiring = (at: number | string) => ({ headers: { 'x-exp': String(at) } });
  const EXPIRED = { code: 4401, reason: 'Authentication expired' };

  it('closes with 4401, at its time', async () => {
    const app = await start();
    const at = Date.now() + 400;
    const client = await app.connect('feed', expiring(at));
    client.send('in time');
    expect(await client.text()).toBe('in time');
    expect(await client.closed).toMatchObject({ ...EXPIRED, wasClean: true });
    expect(Date.now()).toBeGreaterThanOrEqual(at);
    expect(Date.now()).toBeLessThan(at + 2_000);
  });

  it('is told to observers as a close of the server', async () => {
    const observers = new ObserverLog();
    const app = await start({ observers: [observers] });
    const client = await app.connect('feed', expiring(Date.now() + 150));
    await client.closed;
    expect(await observers.outcome()).toMatchObject({
      ...EXPIRED,
      kind: 'closed',
      initiator: 'server',
    });
  });

  it("is the module's where the route says nothing, and never where nobody says anything", async () => {
    const app = await start({ expires: readToken });
    const client = await app.connect('module', expiring(Date.now() + 150));
    expect(await client.closed).toMatchObject(EXPIRED);
    const other = await start();
    const open = await other.connect('module', expiring(Date.now() - 5_000));
    const lasting = await other.connect('feed');
    for (const stays of [open, lasting]) {
      stays.send('still here');
      expect(await stays.text()).toBe('still here');
    }
  });

  it('lets a call under way finish, and drops what has not started', async () => {
    const app = await start();
    const client = await app.connect('slow', expiring(Date.now() + 600));
    client.send('first');
    client.send('second');
    expect(await client.text()).toBe('first');
    expect(await client.closed).toMatchObject(EXPIRED);
    expect(client.received).toBe(1);
  });

  it('refuses with 401 where it has passed', async () => {
    const app = await start();
    for (const at of [Date.now() - 1, 0, -5]) {
      const refusal = app.connect('feed', expiring(at));
      await expect(refusal).rejects.toMatchObject({ status: 401 });
      await expect(refusal).rejects.toThrow('"message":"Authentication expired"');
    }
    const closing = await start({ refusal: 'close' });
    const client = await closing.connect('feed', expiring(Date.now() - 1));
    expect(await client.closed).toMatchObject(EXPIRED);
  });

  it('is asked of routes without a guard, too', async () => {
    @Controller()
    class Unguarded {
      @WebSocket('unguarded', { expires: ({ headers }) => Number(headers['x-exp']) })
      echo(): void {}
    }
    const app = await startApp(platform, { controllers: [Unguarded] });
    const refusal = app.connect('unguarded', expiring(Date.now() - 1));
    await expect(refusal).rejects.toMatchObject({ status: 401 });
    const client = await app.connect('unguarded', expiring(Date.now() + 100));
    expect(await client.closed).toMatchObject(EXPIRED);
  });

  it('hints at seconds where a time lies in 1970', async () => {
    const app = await start();
    const seconds = Math.floor(Date.now() / 1_000) + 3_600;
    await expect(app.connect('feed', expiring(seconds))).rejects.toMatchObject({ status: 401 });
    expect(app.logs.messages('warn')).toEqual([
      expect.stringMatching(
        /^Expiring\.echo\(\): .*"expires" returned \d+, .*multiply them by 1000/,
      ),
    ]);
  });

  it.each([...Object.keys(SPECIAL), 'promise'])(
    'refuses with 500 what is no time (%s)',
    async (name) => {
      const app = await start();
      await expect(app.connect('feed', expiring(name))).rejects.toMatchObject({
        status: 500,
        body: '{"statusCode":500,"message":"Internal server error"}',
      });
      expect(app.logs.messages('error').join('\n')).toMatch(
        /Expiring\.echo\(\): the value of the option "expires" is .*, which is not a valid time/,
      );
    },
  );

  it('refuses with 500 where the option throws', async () => {
    const app = await start();
    await expect(app.connect('throws')).rejects.toMatchObject({ status: 500 });
    expect(app.logs.messages('error').join('\n')).toContain('there is no user');
  });

  it('does not come at once where it is further away than timers go', async () => {
    const app = await start();
    const client = await app.connect('feed', expiring(Date.now() + 400 * 24 * 3_600_000));
    await client.expectNothing(150);
    client.send('still here');
    expect(await client.text()).toBe('still here');
  });

  it('can be moved by a handler: later, away, and to now', async () => {
    const app = await start();
    const client = await app.connect('moved', expiring(Date.now() + 500));
    client.send('900');
    expect(await client.text()).toBe('moved');
    await sleep(600);
    client.send('NaN');
    await sleep(50);
    expect(client.isOpen).toBe(true);
  });

  it('moved to the past closes at once, behind the answer', async () => {
    const app = await start();
    const client = await app.connect('moved');
    client.send('-1');
    expect(await client.text()).toBe('moved');
    expect(await client.closed).toMatchObject(EXPIRED);
  });

  it('set to what is no time is an error of the handler, and changes nothing', async () => {
    const app = await start();
    const client = await app.connect('broken');
    client.send('now');
    expect(await client.text()).toBe(
      '{"error":{"statusCode":500,"message":"Internal server error"}}',
    );
    expect(app.logs.messages('error').join('\n')).toContain(
      "connection.expiresAt is 'tomorrow', which is not a valid time",
    );
    expect(client.isOpen).toBe(true);
  });

  it('set by a guard counts as well', async () => {
    @Injectable()
    class Limiting implements CanActivate {
      constructor(private readonly connection: WebSocketConnection) {}
      canActivate(context: ExecutionContext): boolean {
        const { headers } = context.switchToHttp().getRequest<HandshakeRequest>();
        this.connection.expiresAt = Number(headers['x-exp']);
        return true;
      }
    }
    @Controller()
    @UseGuards(Limiting)
    class Limited {
      @WebSocket('limited')
      echo(@Body() message: string): string {
        return message;
      }
    }
    const app = await startApp(platform, { controllers: [Limited], providers: [Limiting] });
    const client = await app.connect('limited', expiring(Date.now() + 200));
    expect(await client.closed).toMatchObject(EXPIRED);
    await expect(app.connect('limited', expiring(Date.now() - 1))).rejects.toMatchObject({
      status: 401,
    });
  });

  it('takes one timer, which ends with the connection', async () => {
    const app = await start({ ping: false });
    const before = await settledTimers();
    const at = Date.now() + 3_600_000;
    const clients = await Promise.all(
      Array.from({ length: 5 }, () => app.connect('feed', expiring(at))),
    );
    await eventually(() => expect(activeTimers()).toBe(before + 5), 'one timer for each');
    for (const client of clients) await client.close();
    await eventually(() => expect(activeTimers()).toBe(before), 'no timer');
  });
});
