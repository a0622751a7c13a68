import {
  BadRequestException,
  Body,
  Catch,
  Controller,
  HttpException,
  UseFilters,
  UseInterceptors,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { WebSocketGateway, WsException } from '@nestjs/websockets';
import { WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import { NEVER, of } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { Passing } from '../../support/apps/passing.interceptor.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { gate, type Gate } from '../../support/gate.js';

const INTERNAL = '{"statusCode":500,"message":"Internal server error"}';

class Reported extends Error {}
class Told extends Error {}

let reported: Gate = gate();

@Catch(Reported)
class Reporter implements ExceptionFilter {
  async catch(): Promise<void> {
    await reported.opened;
  }
}

@Catch(Told)
class Teller implements ExceptionFilter {
  catch(_error: Told, host: ArgumentsHost): void {
    void host.switchToWs().getClient<WebSocketConnection>().send('told');
  }
}

/** As JavaScript may give it. */
const [nothing] = [] as unknown as [string];

class Explained extends Error {}

/** Says what the error does. */
@Catch(Explained)
class Explainer implements ExceptionFilter {
  catch(error: Explained): unknown {
    if (error.message === 'endless') return NEVER;
    return error.message === 'items' ? of('first', 'last') : error.message;
  }
}

const failures: Record<string, () => Error> = {
  emptyWs: () => new WsException(nothing),
  emptyHttp: () => new HttpException(nothing, 400),
  odd: () => new BadRequestException({ number: 1n }),
  oddWs: () => new WsException({ number: 1n }),
  reported: () => new Reported(),
  told: () => new Told(),
  text: () => new Explained('plain'),
  items: () => new Explained('items'),
  endless: () => new Explained('endless'),
};

@Controller()
@UseFilters(Reporter, Teller, Explainer)
class FailController {
  @WebSocket('fail', { concurrency: 4, errors: 'close' })
  fail(@Body() name: string, connection: WebSocketConnection): string {
    const failure = failures[name];
    if (failure) throw failure();
    void connection.send('news');
    return 'sent';
  }

  @UseInterceptors(Passing)
  @WebSocket('piped')
  piped(@Body() name: string): string {
    const failure = failures[name];
    if (failure) throw failure();
    return 'fine';
  }

  @WebSocket('replies', { errors: 'reply' })
  replies(@Body() name: string): string {
    const failure = failures[name];
    if (failure) throw failure();
    return 'fine';
  }
}

@WebSocketGateway({ path: '/gateway' })
class PlainGateway {}

describe.each(platforms)('A call that fails ($name)', (platform) => {
  beforeEach(() => {
    reported = gate();
  });
  afterEach(closeAllApps);

  const connect = async (path = '/fail') => {
    const app = await startApp(platform, { controllers: [FailController] });
    return app.connect(path, { protocols: ['revali.v1'] });
  };

  it.each([
    ['emptyWs', /^e 1\n\{"statusCode":400,"message":".*"\}$/],
    ['emptyHttp', /^e 1\n\{"statusCode":400,"message":".*"\}$/],
    ['odd', `e 1\n${INTERNAL}`],
    ['oddWs', `e 1\n${INTERNAL}`],
  ])('is told so whatever the exception has to say: %s', async (name, answer) => {
    const client = await connect();
    client.send(`c 1\n${name}`);
    expect(await client.text()).toMatch(answer);
    client.send('c 2\nfine');
    expect(await client.text()).toBe('\nnews');
    expect(await client.text()).toBe('r 2\nsent');
  });

  it('fails although another call sends meanwhile', async () => {
    const client = await connect();
    client.send('c 1\nreported');
    client.send('c 2\nfine');
    expect(await client.text()).toBe('\nnews');
    expect(await client.text()).toBe('r 2\nsent');
    reported.open();
    expect(await client.text()).toBe(`e 1\n${INTERNAL}`);
  });

  it('fails although its filter sends a message of its own', async () => {
    const client = await connect();
    client.send('c 1\ntold');
    expect(await client.text()).toBe('\ntold');
    expect(await client.text()).toBe(`e 1\n${INTERNAL}`);
  });

  it.each([
    ['text', 'e 1\n"plain"'],
    ['items', 'e 1\n"last"'],
  ])('is told so once, in JSON, whatever its filter gives: %s', async (name, answer) => {
    const client = await connect();
    client.send(`c 1\n${name}`);
    expect(await client.text()).toBe(answer);
    client.send('c 1\nfine');
    expect(await client.text()).toBe('\nnews');
    expect(await client.text()).toBe('r 1\nsent');
  });

  it.each(['/fail', '/piped'])('can be stopped while its filter still speaks: %s', async (path) => {
    const client = await connect(path);
    client.send('c 1\nendless');
    client.ping();
    await client.nextPong();
    client.send('x 1\n');
    expect(await client.text()).toBe('d 1\n');
    for (const id of [2, 3, 4, 5]) {
      client.send(`c ${id}\nemptyWs`);
      expect(await client.text()).toMatch(new RegExp(`^e ${id}\n`));
    }
  });

  it('of an exception without a content says more than nothing, as messages do', async () => {
    const client = await connect('/replies');
    client.send('\nemptyHttp');
    expect(await client.text()).toMatch(/^\n\{"error":\{"statusCode":400,"message":".*"\}\}$/);
  });
});

describe.each(platforms)('A gateway ($name)', (platform) => {
  afterEach(closeAllApps);

  it('does not claim to speak of calls', async () => {
    const app = await startApp(platform, { providers: [PlainGateway] });
    const client = await app.connect('/gateway', { protocols: ['revali.v1', 'own'] });
    expect(client.protocol).toBe('own');
    await expect(app.connect('/gateway', { protocols: ['revali.v1'] })).rejects.toThrow(
      /Server sent no subprotocol/,
    );
  });
});
