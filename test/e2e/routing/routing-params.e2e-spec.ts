import { Controller, Get, HostParam, Param } from '@nestjs/common';
import { WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';

const greeting = { triggerOnConnect: true } as const;

@Controller('example')
class ParamsController {
  @WebSocket('room/:id', greeting)
  room(@Param('id') id: string): object {
    return { id };
  }

  @Get('room/:id')
  getRoom(@Param('id') id: string): object {
    return { id };
  }

  @WebSocket('pair/:first/with/:second', greeting)
  pair(@Param() params: Record<string, string>, connection: WebSocketConnection): object {
    return { params, ofConnection: connection.params };
  }

  @WebSocket('files/*rest', greeting)
  files(@Param('rest') rest: string[]): object {
    return { rest };
  }

  @WebSocket('maybe{/:id}', greeting)
  maybe(@Param('id') id: string | undefined): object {
    return { id: id ?? 'none' };
  }
}

@Controller('order')
class OrderController {
  @WebSocket(':id', greeting)
  byId(@Param('id') id: string): string {
    return `by id ${id}`;
  }

  @WebSocket('live', greeting)
  live(): string {
    return 'live';
  }

  @WebSocket('*rest', greeting)
  rest(): string {
    return 'rest';
  }
}

@Controller({ host: ':tenant.example.com', path: 'hosted' })
class TenantController {
  @WebSocket('who', greeting)
  who(@HostParam('tenant') tenant: string): string {
    return `tenant ${tenant}`;
  }

  @Get('who')
  getWho(@HostParam('tenant') tenant: string): string {
    return `tenant ${tenant}`;
  }
}

@Controller({ host: ['admin.example.org', /^(?<area>\w+)\.example\.net$/], path: 'hosted' })
class AdminController {
  @WebSocket('who', greeting)
  who(@HostParam() params: Record<string, string>): string {
    return `admin ${params['area'] ?? ''}`;
  }
}

/** Matched from the start of the host, each time. */
@Controller({ host: /(?<area>\w+)\.example\.edu/y, path: 'hosted' })
class StickyController {
  @WebSocket('who', greeting)
  who(@HostParam('area') area: string): string {
    return `sticky ${area}`;
  }

  @Get('who')
  getWho(@HostParam('area') area: string): string {
    return `sticky ${area}`;
  }
}

async function jsonOf(app: RunningApp, path: string): Promise<unknown> {
  const client = await app.connect(path);
  const value = await client.json();
  client.terminate();
  return value;
}

async function textOf(app: RunningApp, path: string, host?: string): Promise<string> {
  const client = await app.connect(path, host === undefined ? {} : { headers: { host } });
  const text = await client.text();
  client.terminate();
  return text;
}

describe.each(platforms)('path parameters on $name', (platform) => {
  afterEach(closeAllApps);

  it.each([
    ['plain', 'a1', 'a1'],
    ['an accent', 'caf%C3%A9', 'café'],
    ['a space', 'two%20words', 'two words'],
    ['a plus sign', 'a+b', 'a+b'],
    ['characters that need no escape', "a-b_c.d~e!f$g'h(i)j", "a-b_c.d~e!f$g'h(i)j"],
    ['an emoji', '%F0%9F%8E%89', '🎉'],
  ])('decode %s as an HTTP route does', async (_kind, written, id) => {
    const app = await startApp(platform, { controllers: [ParamsController] });
    expect(await jsonOf(app, `/example/room/${written}`)).toEqual({ id });
    expect((await app.get(`/example/room/${written}`)).body).toBe(JSON.stringify({ id }));
  });

  it('come one by one, all together, and with the connection', async () => {
    const app = await startApp(platform, { controllers: [ParamsController] });
    const params = { first: 'a', second: 'b' };
    expect(await jsonOf(app, '/example/pair/a/with/b')).toEqual({ params, ofConnection: params });
  });

  it('of a wildcard come as the list of its segments', async () => {
    const app = await startApp(platform, { controllers: [ParamsController] });
    expect(await jsonOf(app, '/example/files/a')).toEqual({ rest: ['a'] });
    expect(await jsonOf(app, '/example/files/a/b%20c/d')).toEqual({ rest: ['a', 'b c', 'd'] });
    expect(await upgradeStatus(app, '/example/files')).toBe(404);
  });

  it('may be optional', async () => {
    const app = await startApp(platform, { controllers: [ParamsController] });
    expect(await jsonOf(app, '/example/maybe/7')).toEqual({ id: '7' });
    expect(await jsonOf(app, '/example/maybe')).toEqual({ id: 'none' });
    expect(await upgradeStatus(app, '/example/maybe/7/8')).toBe(404);
  });

  it('do not span segments and are not empty', async () => {
    const app = await startApp(platform, { controllers: [ParamsController] });
    expect(await upgradeStatus(app, '/example/room/a/b')).toBe(404);
    expect(await upgradeStatus(app, '/example/room')).toBe(404);
  });

  it('take a path that is written out too where the platform gives it to the route that is declared first', async () => {
    const app = await startApp(platform, { controllers: [OrderController] });
    expect(await textOf(app, '/order/live')).toBe(
      platform.name === 'express' ? 'by id live' : 'live',
    );
    expect(await textOf(app, '/order/5')).toBe('by id 5');
    expect(await textOf(app, '/order/5/more')).toBe('rest');
  });

  it('longer than the HTTP side takes find no route, on both sides alike', async () => {
    const app = await startApp(platform, { controllers: [ParamsController] });
    const path = `/example/room/${'x'.repeat(300)}`;
    const isTaken = (await app.get(path)).status === 200;
    expect(isTaken).toBe(platform.name === 'express');
    expect(await upgradeStatus(app, path)).toBe(isTaken ? 101 : 404);
  });
});

describe.each(platforms)('hosts of controllers on $name', (platform) => {
  afterEach(closeAllApps);

  const controllers = [TenantController, AdminController];

  it('choose the controller, and give it their parameters', async () => {
    const app = await startApp(platform, { controllers });
    expect(await textOf(app, '/hosted/who', 'acme.example.com')).toBe('tenant acme');
    expect(await textOf(app, '/hosted/who', 'acme.example.com:8080')).toBe('tenant acme');
    expect(await textOf(app, '/hosted/who', 'admin.example.org')).toBe('admin ');
    expect(await textOf(app, '/hosted/who', 'sales.example.net')).toBe('admin sales');
  });

  it('that match none of them find no route', async () => {
    const app = await startApp(platform, { controllers });
    for (const host of ['example.com', 'example.org', 'acme.example.com.evil.io']) {
      expect(await upgradeStatus(app, '/hosted/who', { headers: { host } })).toBe(404);
    }
    expect(await upgradeStatus(app, '/hosted/who')).toBe(404);
  });

  it('are read as for HTTP routes', async () => {
    const app = await startApp(platform, { controllers: [TenantController] });
    for (const host of ['acme.example.com', 'a.b.example.com', 'ACME.Example.COM']) {
      const answer = await app.get('/hosted/who', { headers: { host } });
      expect(answer.status).toBe(200);
      expect(await textOf(app, '/hosted/who', host)).toBe(answer.body);
    }
  });

  it('are the same for every request where a RegExp has the flag y', async () => {
    const app = await startApp(platform, { controllers: [StickyController] });
    const [own, others] = ['acme.example.edu', 'evil-acme.example.edu'];
    expect((await app.get('/hosted/who', { headers: { host: others } })).status).not.toBe(200);
    expect((await app.get('/hosted/who', { headers: { host: own } })).body).toBe('sticky acme');
    for (let times = 0; times < 3; times += 1) {
      // oxlint-disable no-await-in-loop -- one after the other
      expect(await textOf(app, '/hosted/who', own)).toBe('sticky acme');
      expect(await upgradeStatus(app, '/hosted/who', { headers: { host: others } })).toBe(404);
      // oxlint-enable no-await-in-loop
    }
  });
});
