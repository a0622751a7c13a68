import { Controller, ImATeapotException, type INestApplication } from '@nestjs/common';
import { WebSocket, type RevaliWsModuleOptions } from 'nestjs-revali-ws';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { startApp } from '../../support/apps/app-factory.js';
import { unhandled, type UnhandledRecorder } from '../../support/faults/leaks.js';
import type { Next } from '../../support/apps/middleware.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import { platforms } from '../../support/apps/platforms.js';
import { Opcode } from '../../support/raw/raw-frame.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

@Controller()
class HouseController {
  @WebSocket('live')
  live(): void {}
}

type Spoil = (response: ServerResponse) => void;

/** Has each head go through this, as libraries do that set headers at the last moment. */
function spoilHeads(response: ServerResponse, onHead: (write: () => void) => unknown): void {
  const writeHead = response.writeHead.bind(response);
  Reflect.set(response, 'writeHead', (...values: Parameters<typeof writeHead>) =>
    onHead(() => void writeHead(...values)),
  );
}

const throwOnce =
  (error: Error): Spoil =>
  (response) => {
    let hasThrown = false;
    spoilHeads(response, (write) => {
      if (hasThrown) return write();
      hasThrown = true;
      throw error;
    });
  };

const throwAfterwards: Spoil = (response) =>
  spoilHeads(response, (write) => {
    write();
    throw new Error('after the head');
  });

const throwAlways: Spoil = (response) =>
  spoilHeads(response, () => {
    throw new Error('no head');
  });

describe.each(platforms)('a fault while the head of the 101 is written on $name', (platform) => {
  let recorder: UnhandledRecorder;
  let log: ObserverLog;

  beforeEach(() => {
    recorder = unhandled();
    log = new ObserverLog();
  });

  afterEach(async () => {
    await closeAllApps();
    expect(await recorder.release()).toEqual([]);
  });

  const start = (spoil: Spoil, forRoot: RevaliWsModuleOptions = {}): Promise<RunningApp> =>
    startApp(platform, {
      controllers: [HouseController],
      forRoot: { observers: [log], ...forRoot },
      configure: (app: INestApplication) => {
        app.use((_request: IncomingMessage, response: ServerResponse, next: Next) => {
          spoil(response);
          next();
        });
      },
    });

  it.each([
    ['an error', new Error('secret'), 500, 'Internal server error'],
    ['an exception of HTTP', new ImATeapotException('short and stout'), 418, 'short and stout'],
  ])('by %s is answered at once, as a GET is', async (_which, error, status, message) => {
    const app = await start(throwOnce(error));
    const client = await app.raw();
    client.upgrade('/live');
    const answer = await client.response();
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ statusCode: status, message });
    await client.ended;
    expect(log.outcomes).toMatchObject([{ kind: 'refused', status, initiator: 'server' }]);
  });

  it('is a close frame where refusals are', async () => {
    const app = await start(throwOnce(new Error('secret')), { refusal: 'close' });
    const client = await app.raw();
    client.upgrade('/live');
    expect((await client.response()).status).toBe(101);
    const { opcode, payload } = await client.nextFrame();
    expect([opcode, payload.readUInt16BE(0)]).toEqual([Opcode.close, 4500]);
    expect(log.outcomes).toMatchObject([{ kind: 'refused', status: 500 }]);
  });

  const faults: [string, Spoil][] = [
    ['after it', throwAfterwards],
    ['each time', throwAlways],
  ];

  it.each(faults)('%s is answered with 500', async (_when, spoil) => {
    const app = await start(spoil);
    const client = await app.raw();
    client.upgrade('/live');
    expect((await client.response()).status).toBe(500);
    await client.ended;
    expect(log.outcomes).toMatchObject([{ kind: 'refused', status: 500 }]);
  });
});
