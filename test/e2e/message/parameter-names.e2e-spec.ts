import { Controller, HostParam, Param, Req } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { WebSocket, WebSocketConnection, type GatewayRequest } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

/** What every object literal inherits, and what is no parameter of any route here. */
const INHERITED = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'];

const greeting = { triggerOnConnect: true } as const;

interface Seen {
  readonly found: readonly string[];
  readonly own: object;
}

/** The names that lead to something, and what the parameters hold. */
function seenIn(params: object): Seen {
  const found = INHERITED.filter((name) => Reflect.get(params, name) !== undefined);
  return { found, own: { ...params } };
}

@Controller()
class NamesController {
  @WebSocket(['fixed', 'by/:id', 'by/:id/with/:second', 'maybe{/:id}', 'files/*rest'], greeting)
  all(
    @Param() params: object,
    @Param('constructor') inherited: unknown,
    @Req() request: { params: object },
    connection: WebSocketConnection,
  ): object {
    return {
      inherited: typeof inherited,
      seen: [params, request.params, connection.params].map(seenIn),
    };
  }

  @WebSocket('named/:constructor/:__proto__', greeting)
  named(
    @Param('constructor') first: string,
    @Param('__proto__') second: string,
    connection: WebSocketConnection,
  ): object {
    return { first, second, names: Object.keys(connection.params) };
  }
}

@Controller({ host: [':tenant.example.com', /^(?<area>\w+)\.example\.org$/, 'plain.io'] })
class HostController {
  @WebSocket('hosted', greeting)
  hosted(@HostParam() hosts: object, @HostParam('constructor') inherited: unknown): object {
    return { inherited: typeof inherited, hosts: seenIn(hosts) };
  }
}

@Controller({ host: ':__proto__.example.net' })
class OddHostController {
  @WebSocket('odd', greeting)
  odd(@HostParam('__proto__') name: string): string {
    return name;
  }
}

const controllers = [NamesController, HostController, OddHostController];

async function answerOf(app: RunningApp, path: string, host?: string): Promise<string> {
  const client = await app.connect(path, host === undefined ? {} : { headers: { host } });
  const text = await client.text();
  client.terminate();
  return text;
}

describe.each(platforms)('the names of parameters on $name', (platform) => {
  afterEach(closeAllApps);

  it.each([
    ['/fixed', {}],
    ['/by/7', { id: '7' }],
    ['/by/7/with/8', { id: '7', second: '8' }],
    ['/maybe', {}],
    ['/maybe/7', { id: '7' }],
    ['/files/a/b', { rest: ['a', 'b'] }],
  ])('find nothing that %s does not give', async (path, own) => {
    const app = await startApp(platform, { controllers });
    const answer: unknown = JSON.parse(await answerOf(app, path));
    const seen = { found: [], own };
    // Only matched: Fastify calls a wildcard `*` as well.
    expect(answer).toMatchObject({ inherited: 'undefined', seen: [seen, seen, seen] });
  });

  it('may be those of what others inherit', async () => {
    const app = await startApp(platform, { controllers });
    expect(JSON.parse(await answerOf(app, '/named/one/two'))).toEqual({
      first: 'one',
      second: 'two',
      names: ['constructor', '__proto__'],
    });
    expect(await answerOf(app, '/odd', 'three.example.net')).toBe('three');
  });

  it.each([
    ['acme.example.com', { tenant: 'acme' }],
    ['sales.example.org', { area: 'sales' }],
    ['plain.io', {}],
  ])('find nothing that the host %s does not give', async (host, own) => {
    const app = await startApp(platform, { controllers });
    expect(JSON.parse(await answerOf(app, '/hosted', host))).toEqual({
      inherited: 'undefined',
      hosts: { found: [], own },
    });
  });

  it.each([
    ['/gate', {}],
    ['/gate/7', { id: '7' }],
  ])('find nothing that the path %s of a gateway does not give', async (path, own) => {
    const seen: Seen[] = [];
    const keep = (request: GatewayRequest): void => void seen.push(seenIn(request.params));

    @WebSocketGateway({ path: '/gate' })
    class PlainGateway {
      handleConnection(_client: unknown, request: GatewayRequest): void {
        keep(request);
      }

      @SubscribeMessage('echo')
      echo(): void {}
    }

    @WebSocketGateway({ path: '/gate/:id' })
    class ParamGateway extends PlainGateway {}

    const app = await startApp(platform, { providers: [PlainGateway, ParamGateway] });
    const client = await app.connect(path);
    client.terminate();
    expect(seen).toEqual([{ found: [], own }]);
  });
});
