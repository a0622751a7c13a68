import {
  Body,
  Controller,
  Get,
  Session,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { cookiesOf, pluginsOf } from '../../support/apps/http-plugins.js';
import { platforms } from '../../support/apps/platforms.js';
import { refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

interface Visitor {
  cookies: Record<string, string | undefined>;
  session: { visits?: number };
  headers: Record<string, string | undefined>;
}

const visitorOf = (context: ExecutionContext) => context.switchToHttp().getRequest<Visitor>();

const cookieGuard: CanActivate = {
  canActivate: (context) => visitorOf(context).cookies['key'] === 'golden',
};

/** Counts in the session, before it lets in or keeps out. */
const countingGuard: CanActivate = {
  canActivate: (context) => {
    const { session, headers } = visitorOf(context);
    session.visits = (session.visits ?? 0) + 1;
    return headers['x-role'] !== 'stranger';
  },
};

@Controller('house')
class OpenController {
  @WebSocket('door')
  enter(@Body() message: string): string {
    return `in: ${message}`;
  }

  @Get('window')
  look(): string {
    return 'a window';
  }
}

@Controller('house')
@UseGuards(cookieGuard)
class CookieController extends OpenController {}

@Controller('house')
class SessionController {
  @WebSocket('door')
  @UseGuards(countingGuard)
  enter(@Body() _message: string, @Session() session: { visits?: number }): unknown {
    return session.visits;
  }

  @Get('window')
  look(@Session() session: { visits?: number }): string {
    return String(session.visits);
  }
}

describe.each(platforms)('HTTP plugins at the handshake on $name', (platform) => {
  afterEach(closeAllApps);

  const plugins = pluginsOf(platform);

  it('helmet sets its headers on the 101 and on a refusal', async () => {
    const app = await startApp(platform, {
      controllers: [CookieController],
      configure: async (nest) => {
        await plugins.helmet(nest);
        await plugins.cookies(nest);
      },
    });
    const expected = (await app.get('/house/nowhere')).headers;
    expect(expected['x-content-type-options']).toBe('nosniff');
    const client = await app.connect('/house/door', { headers: { cookie: 'key=golden' } });
    const refused = await refusedUpgrade(app, '/house/door');
    expect(refused.status).toBe(403);
    for (const name of ['content-security-policy', 'x-content-type-options', 'x-frame-options']) {
      expect(client.upgradeHeaders[name]).toBe(expected[name]);
      expect(refused.headers[name]).toEqual([expected[name]]);
    }
  });

  it('a guard reads the cookies that were parsed', async () => {
    const app = await startApp(platform, {
      controllers: [CookieController],
      configure: plugins.cookies,
    });
    const headers = { cookie: 'theme=dark; key=golden' };
    const client = await app.connect('/house/door', { headers });
    client.send('hello');
    expect(await client.text()).toBe('in: hello');
    for (const cookie of ['key=silver', 'theme=dark']) {
      const refused = await refusedUpgrade(app, '/house/door', { headers: [['Cookie', cookie]] });
      expect(refused.status).toBe(403);
    }
  });

  it('a session begun at a handshake is there at the next one, and for GETs', async () => {
    const app = await startApp(platform, {
      controllers: [SessionController],
      configure: plugins.session,
    });
    const first = await app.connect('/house/door');
    const cookie = cookiesOf(first.upgradeHeaders['set-cookie']);
    expect(cookie).toMatch(/^sid=[^;]+$/);
    // Saved by the time the client has its 101.
    expect((await app.get('/house/window', { headers: { cookie } })).body).toBe('1');
    const second = await app.connect('/house/door', { headers: { cookie } });
    second.send('how often?');
    expect(await second.json()).toBe(2);
    expect((await app.get('/house/window', { headers: { cookie } })).body).toBe('2');
  });

  it('a session that a guard changed before it refused is saved as well', async () => {
    const app = await startApp(platform, {
      controllers: [SessionController],
      configure: plugins.session,
    });
    const refused = await refusedUpgrade(app, '/house/door', { headers: [['X-Role', 'stranger']] });
    expect(refused.status).toBe(403);
    const cookie = cookiesOf(refused.headers['set-cookie']);
    expect((await app.get('/house/window', { headers: { cookie } })).body).toBe('1');
  });

  it('the throttler counts handshakes, and refuses those above its limit', async () => {
    const app = await startApp(platform, {
      imports: [ThrottlerModule.forRoot([{ ttl: 60_000, limit: 2 }])],
      controllers: [OpenController],
      providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
    });
    for (const left of ['1', '0']) {
      const client = await app.connect('/house/door');
      expect(client.upgradeHeaders['x-ratelimit-remaining']).toBe(left);
      client.send('hello');
      expect(await client.text()).toBe('in: hello');
    }
    const { status, headers } = await refusedUpgrade(app, '/house/door');
    expect(status).toBe(429);
    expect(Number(headers['retry-after']?.[0])).toBeGreaterThan(0);
  });

  it('an application with CORS serves its own pages and no strangers', async () => {
    const origin = 'https://app.example';
    const app = await startApp(platform, {
      controllers: [OpenController],
      configure: (nest) => nest.enableCors({ origin, credentials: true }),
      forRoot: { origins: [origin] },
    });
    const client = await app.connect('/house/door', { headers: { origin } });
    expect(client.upgradeHeaders['access-control-allow-origin']).toBe(origin);
    client.send('hello');
    expect(await client.text()).toBe('in: hello');
    const headers = [['Origin', 'https://evil.example']] as const;
    expect(await refusedUpgrade(app, '/house/door', { headers })).toMatchObject({ status: 403 });
  });
});
