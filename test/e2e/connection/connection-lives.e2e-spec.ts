import {
  Body,
  Controller,
  ForbiddenException,
  Injectable,
  UseGuards,
  type CanActivate,
} from '@nestjs/common';
import {
  AsyncWebSocketSender,
  CleanUp,
  CloseWebSocket,
  CloseWebSocketException,
  WebSocket,
  WebSocketConnection,
  type WebSocketObserver,
  type WebSocketObserverContext,
} from 'nestjs-revali-ws';
import { interval } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import {
  activeSockets,
  activeTimers,
  listenerCounts,
  unhandled,
} from '../../support/faults/leaks.js';
import { closeAllClients } from '../../support/clients/open-clients.js';
import { transports } from '../../support/apps/transports.js';
import type { RawClient } from '../../support/raw/raw-client.js';
import { Opcode, encodeClose, encodeFrame } from '../../support/raw/raw-frame.js';
import { Random, seedOf } from '../../support/random.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { settledTimers } from '../../support/faults/settled-timers.js';

const LIVES_PER_PLATFORM = 1000;
const LANES = 50;
/** All places must be free again in the end. */
const MAX_CONNECTIONS = 100;

const ROUTES = ['two-way', 'opening', 'receive', 'send', 'reply', 'scoped'] as const;
const COMMANDS = [
  'echo',
  'generator',
  'observable',
  'endless',
  'flood',
  'close',
  'close twice',
  'terminate',
  'throw',
  'kick',
  'unsendable',
] as const;
const ENDINGS = [
  'close',
  'close twice',
  'both sides',
  'FIN',
  'destroy',
  'reset',
  'garbage',
  'server',
] as const;

/** What happened in the application, counted. */
class Ledger {
  calls = 0;
  settledCalls = 0;
  streams = 0;
  endedStreams = 0;
  readonly cleanUps: number[] = [];
  readonly closes = new Map<WebSocketObserverContext, number>();

  cleanUp(): () => void {
    const index = this.cleanUps.push(0) - 1;
    return () => {
      this.cleanUps[index] = (this.cleanUps[index] ?? 0) + 1;
    };
  }

  readonly observer: WebSocketObserver = {
    onOpen: (context) => void this.closes.set(context, 0),
    onClose: (context) => void this.closes.set(context, (this.closes.get(context) ?? 0) + 1),
  };
}

/** Does at random what handlers do. */
class Work {
  constructor(
    readonly ledger: Ledger,
    readonly random: Random,
  ) {}

  async handle(command: string | undefined, connection: WebSocketConnection): Promise<unknown> {
    const { random } = this;
    await pause(random);
    switch (command ?? random.pick(COMMANDS)) {
      case 'generator':
        return this.generator(1 + random.below(5));
      case 'endless':
        return this.generator(Infinity);
      case 'observable':
        return interval(1);
      case 'flood':
        for (let chunk = 0; chunk < 6; chunk += 1) await connection.send(Buffer.alloc(100_000));
        return undefined;
      case 'close':
        connection.close(4000, 'Enough');
        return 'last words';
      case 'close twice':
        connection.close(4001);
        await pause(random);
        connection.close(4002);
        return undefined;
      case 'terminate':
        connection.socket?.terminate();
        return 'too late';
      case 'throw':
        throw new Error('a fault of the application');
      case 'kick':
        throw new CloseWebSocketException(4003, 'Kicked');
      case 'unsendable':
        return { n: 1n };
      default:
        return 'echo';
    }
  }

  private async *generator(count: number): AsyncGenerator<string> {
    this.ledger.streams += 1;
    try {
      for (let item = 0; item < count; item += 1) {
        await pause(this.random);
        yield `item ${item}`;
      }
    } finally {
      this.ledger.endedStreams += 1;
    }
  }
}

function createControllers(work: Work) {
  const { ledger, random } = work;

  @Injectable()
  class Doorman implements CanActivate {
    async canActivate(): Promise<boolean> {
      await pause(random);
      if (random.chance(0.05)) throw new ForbiddenException();
      return random.chance(0.95);
    }
  }

  @UseGuards(Doorman)
  @Controller('lives')
  class Lives {
    @WebSocket('two-way', { concurrency: 2 })
    @WebSocket('opening', { triggerOnConnect: true })
    @WebSocket('receive', { mode: 'receiveOnly' })
    @WebSocket('send', { mode: 'sendOnly' })
    @WebSocket('reply', { errors: 'reply', triggerOnConnect: true })
    async live(
      @Body() command: string | undefined,
      cleanUp: CleanUp,
      connection: WebSocketConnection,
    ): Promise<unknown> {
      ledger.calls += 1;
      cleanUp.add(ledger.cleanUp());
      try {
        return await work.handle(command, connection);
      } finally {
        cleanUp.add(ledger.cleanUp());
        ledger.settledCalls += 1;
      }
    }
  }

  @UseGuards(Doorman)
  @Controller('lives')
  class ScopedLives {
    constructor(
      private readonly sender: AsyncWebSocketSender,
      private readonly closer: CloseWebSocket,
      cleanUp: CleanUp,
    ) {
      cleanUp.add(ledger.cleanUp());
    }

    @WebSocket('scoped', { triggerOnConnect: true })
    async live(@Body() command: string | undefined): Promise<void> {
      ledger.calls += 1;
      await this.sender.send(command);
      if (random.chance(0.5)) this.closer.close();
      ledger.settledCalls += 1;
    }
  }
  return [Lives, ScopedLives];
}

function pause(random: Random): Promise<unknown> {
  const ms = random.below(5);
  return ms === 0 ? new Promise(setImmediate) : sleep(ms);
}

const textFrame = (payload: string): Buffer => encodeFrame({ opcode: Opcode.text, payload });
const closeFrame = (code: number): Buffer =>
  encodeFrame({ opcode: Opcode.close, payload: encodeClose(code) });

/** One client from its first byte to its end. */
async function live(app: RunningApp, random: Random): Promise<void> {
  const client = await app.raw();
  const route = random.pick(ROUTES);
  if (random.chance(0.05)) client.write('GET /lives/two-way HTTP/1.1\r\nUpgrade: webso');
  else {
    client.upgrade(`/lives/${route}`, random.chance(0.3) ? EARLY : {});
    // The others do not live to see the 101, or send before it.
    if (random.chance(0.7)) await client.response().catch(() => undefined);
  }
  for (let step = random.below(4); step > 0; step -= 1) {
    await pause(random);
    if (random.chance(0.2)) client.pause();
    client.write(textFrame(random.pick(COMMANDS)));
    if (random.chance(0.2)) client.frame({ opcode: Opcode.ping, payload: 'alive?' });
  }
  await pause(random);
  await end(client, random);
}

const EARLY = { extraBytes: Buffer.concat([textFrame('echo'), textFrame('generator')]) };

async function end(client: RawClient, random: Random): Promise<void> {
  const ending = random.pick(ENDINGS);
  if (ending === 'close') client.write(closeFrame(1000));
  if (ending === 'close twice') client.write(Buffer.concat([closeFrame(1000), closeFrame(1001)]));
  if (ending === 'both sides') client.write(Buffer.concat([textFrame('close'), closeFrame(4004)]));
  if (ending === 'FIN') client.end();
  if (ending === 'reset') client.resetAndDestroy();
  if (ending === 'garbage') client.write(Buffer.of(0xff, 0xff, 0xff, 0xff));
  // The server may close, and then wait in vain for the echo.
  if (ending === 'server') client.write(textFrame('close'));
  if (ending !== 'destroy' && ending !== 'reset') {
    client.resume();
    await client.untilEnded(random.below(300)).catch(() => undefined);
  }
  client.destroy();
}

describe.each(transports)('connections that end at any instant, on $label', (platform) => {
  const seed = seedOf(`connection lives on ${platform.name}`);
  afterEach(closeAllApps);

  it('end once each, clean up once, and leave nothing behind', async () => {
    const recorder = unhandled();
    const ledger = new Ledger();
    const app = await startApp(platform, {
      controllers: createControllers(new Work(ledger, new Random(seed))),
      forRoot: {
        observers: [ledger.observer],
        maxConnections: MAX_CONNECTIONS,
        maxPendingHandshakes: MAX_CONNECTIONS,
        maxQueuedMessages: 2,
        // Timers that are forgotten shall be there long enough to be found.
        closeTimeout: '1h',
        handshakeTimeout: '1h',
        backpressure: { highWaterMark: 50_000, timeout: '1h' },
        ping: 25,
      },
    });
    const before = { timers: await settledTimers(), sockets: activeSockets() };
    const listeners = listenerCounts(app.server);

    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < LIVES_PER_PLATFORM) await live(app, new Random(seed + (next += 1)));
    };
    await Promise.all(Array.from({ length: LANES }, lane));

    await eventually(
      () => {
        const { cleanUps, closes, ...counts } = ledger;
        expect(counts).toMatchObject({ settledCalls: ledger.calls, endedStreams: ledger.streams });
        expect(new Set(closes.values())).toEqual(new Set([1]));
        expect(new Set(cleanUps)).toEqual(new Set([1]));
        expect({ timers: activeTimers(), sockets: activeSockets() }).toEqual(before);
      },
      `everything to be over (SEED=${seed})`,
      5000,
    );
    expect(ledger.closes.size).toBeGreaterThan(LIVES_PER_PLATFORM * 0.8);
    expect(ledger.calls).toBeGreaterThan(LIVES_PER_PLATFORM * 0.5);
    expect(ledger.streams).toBeGreaterThan(20);
    expect(listenerCounts(app.server)).toEqual(listeners);
    await everyPlaceIsFree(app);
    await closeAllClients();
    await app.close(2000);
    expect(await recorder.release()).toEqual([]);
  }, 60_000);
});

/** As many as may be open at once can be opened: none of those that ended is still counted. */
async function everyPlaceIsFree(app: RunningApp): Promise<void> {
  let open = 0;
  while (open < MAX_CONNECTIONS) {
    const client = await app.raw();
    client.upgrade('/lives/two-way');
    const { status } = await client.response();
    // The doorman may say no; only that there is no room must not happen.
    expect([101, 403]).toContain(status);
    if (status === 101) open += 1;
  }
}
