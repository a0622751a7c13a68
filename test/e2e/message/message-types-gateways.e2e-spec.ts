import { Body, UseFilters, type ArgumentsHost, type Type } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WsException,
  type WsResponse,
} from '@nestjs/websockets';
import { OnMessage, WebSocketController } from 'nestjs-revali-ws';
import { from, type Observable } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { NEST_MAJOR } from '../../support/nest-version.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

interface Point {
  readonly x: number;
}

/** What both do, whoever calls it. */
const work = {
  echo: (data: unknown): WsResponse => ({ event: 'echo', data }),
  later: (data: unknown): Promise<WsResponse> => Promise.resolve({ event: 'later', data }),
  count: (to: number): Observable<WsResponse<number>> =>
    from(Array.from({ length: to }, (_, at) => ({ event: 'count', data: at + 1 }))),
  double: (data: Point): WsResponse<Point> => ({ event: 'double', data: { x: 2 * data.x } }),
  plain: (data: unknown): unknown => data,
  fail: (): never => {
    throw new WsException('Not now');
  },
};

@WebSocketGateway({ path: '/events' })
class EventsGateway {
  @SubscribeMessage('echo')
  echo(@MessageBody() data: unknown): WsResponse {
    return work.echo(data);
  }

  @SubscribeMessage('later')
  later(@MessageBody() data: unknown): Promise<WsResponse> {
    return work.later(data);
  }

  @SubscribeMessage('count')
  count(@MessageBody('to') to: number): Observable<WsResponse<number>> {
    return work.count(to);
  }

  @SubscribeMessage('double')
  double(@MessageBody() data: Point): WsResponse<Point> {
    return work.double(data);
  }

  @SubscribeMessage('plain')
  plain(@MessageBody() data: unknown): unknown {
    return work.plain(data);
  }

  @SubscribeMessage('quiet')
  quiet(): void {}

  @SubscribeMessage('fail')
  fail(): never {
    return work.fail();
  }
}

/** As `BaseWsExceptionFilter` of Nest 12 tells the clients of a gateway. */
const asEvents = UseFilters({
  catch: (error: Error, host: ArgumentsHost) => {
    const message = error instanceof WsException ? error.message : 'Internal server error';
    const ws = host.switchToWs();
    const cause = { pattern: ws.getPattern(), data: ws.getData<unknown>() };
    return { event: 'exception', data: { status: 'error', message, cause } };
  },
});

@asEvents
@WebSocketController('events', { by: 'event', body: 'data', format: 'json' })
class EventsController {
  @OnMessage('echo')
  echo(@Body() data: unknown): WsResponse {
    return work.echo(data);
  }

  @OnMessage('later')
  later(@MessageBody() data: unknown): Promise<WsResponse> {
    return work.later(data);
  }

  @OnMessage('count')
  count(@MessageBody('to') to: number): Observable<WsResponse<number>> {
    return work.count(to);
  }

  @OnMessage('double')
  double(@Body() data: Point): WsResponse<Point> {
    return work.double(data);
  }

  @OnMessage('plain')
  plain(@Body() data: unknown): unknown {
    return work.plain(data);
  }

  @OnMessage('quiet')
  quiet(): void {}

  @OnMessage('fail')
  fail(): never {
    return work.fail();
  }

  /** A gateway says nothing to an event that nobody subscribes to. */
  @OnMessage()
  other(): void {}
}

/** What a client sends, and what the next messages are that it gets. */
const transcript: readonly (readonly [send: string, answers: readonly string[]])[] = [
  ['{"event":"echo","data":"hi"}', ['{"event":"echo","data":"hi"}']],
  ['{"event":"echo","data":{"a":[1,null]}}', ['{"event":"echo","data":{"a":[1,null]}}']],
  ['{"event":"echo","data":0,"id":7}', ['{"event":"echo","data":0}']],
  ['{"data":"first","event":"later"}', ['{"event":"later","data":"first"}']],
  ['{"event":"echo"}', ['{"event":"echo"}']],
  ['{"event":"count","data":{"to":3}}', [1, 2, 3].map((at) => `{"event":"count","data":${at}}`)],
  ['{"event":"double","data":{"x":21}}', ['{"event":"double","data":{"x":42}}']],
  ['{"event":"plain","data":"text"}', ['"text"']],
  ['{"event":"plain","data":{"a":1}}', ['{"a":1}']],
  ['{"event":"quiet","data":1}', []],
  ['{"event":"nobody","data":1}', []],
  ['{"data":1}', []],
];

const failure = [
  '{"event":"fail","data":{"a":1}}',
  '{"event":"exception","data":{"status":"error","message":"Not now","cause":{"pattern":"fail","data":{"a":1}}}}',
] as const;

const servers: readonly (readonly [
  name: string,
  start: (platform: Platform) => Promise<RunningApp>,
])[] = [
  ['a stock gateway', (platform) => serve(platform, { providers: [EventsGateway] })],
  ['a controller of messages', (platform) => serve(platform, { controllers: [EventsController] })],
];

function serve(
  platform: Platform,
  classes: { providers?: Type<unknown>[]; controllers?: Type<unknown>[] },
): Promise<RunningApp> {
  return startApp(platform, {
    ...classes,
    withoutRevaliWs: classes.providers !== undefined,
    configure: (app) => void (classes.providers && app.useWebSocketAdapter(new WsAdapter(app))),
  });
}

describe.each(platforms)("a gateway's client on $name", (platform) => {
  afterEach(closeAllApps);

  it.each(servers)('has the same conversation with %s', async (_name, start) => {
    const client = await (await start(platform)).connect('/events');
    for (const [send, answers] of transcript) {
      client.send(send);
      for (const answer of answers) expect(await client.text()).toBe(answer);
    }
    client.send('{"event":"echo","data":"last"}');
    expect(await client.text()).toBe('{"event":"echo","data":"last"}');
  });

  // Before, WsAdapter tells nobody.
  const since12 = NEST_MAJOR >= 12 ? servers : servers.slice(1);
  it.each(since12)('is told of an exception by %s', async (_name, start) => {
    const client = await (await start(platform)).connect('/events');
    const [send, answer] = failure;
    client.send(send);
    expect(await client.text()).toBe(answer);
    expect(client.isOpen).toBe(true);
  });
});
