import { Duplex } from 'node:stream';

import {
  Body,
  Catch,
  Controller,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type CanActivate,
  type ExceptionFilter,
  type INestApplication,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import {
  CleanUp,
  RevaliWsMetrics,
  WebSocket,
  WebSocketConnection,
  type WebSocketObserver,
  type WebSocketObserverContext,
} from 'nestjs-revali-ws';
import { tap } from 'rxjs';

import { startApp } from '../support/apps/app-factory.js';
import { eventually, sleep } from '../support/deadline.js';
import { close, ping, text } from '../support/raw/frames.js';
import { activeSockets, activeTimers, unhandled } from '../support/faults/leaks.js';
import { platforms, type Platform } from '../support/apps/platforms.js';
import { Random, seedOf } from '../support/random.js';
import type { RawClient } from '../support/raw/raw-client.js';
import { closeAllApps, type RunningApp } from '../support/apps/running-app.js';

/** On each platform; `LIVES` changes it. */
const LIVES = Number(process.env['LIVES'] ?? 5000);
const LANES = 100;
/** After about so many, the application is shut down in their midst. */
const LIVES_PER_APP = 1000;
const FAULT = 0.04;

const ROUTES = ['two-way', 'opening', 'receive', 'send'] as const;
const COMMANDS = ['echo', 'items', 'endless', 'flood', 'close', 'terminate', 'reset'] as const;
const ENDINGS = ['close', 'FIN', 'destroy', 'reset', 'write and reset', 'garbage'] as const;

/** What happened in one application, counted. */
class Ledger {
  calls = 0;
  settledCalls = 0;
  streams = 0;
  endedStreams = 0;
  faults = 0;
  readonly cleanUps: number[] = [];
  readonly closes = new Map<WebSocketObserverContext, number>();

  constructor(readonly random: Random) {}

  /** User code that may fail: at once, or a moment later. */
  mayFail(): void | Promise<void> {
    if (!this.random.chance(FAULT)) return undefined;
    this.faults += 1;
    const error = new Error('a fault of the application');
    if (this.random.chance(0.5)) throw error;
    return pause(this.random).then(() => Promise.reject(error));
  }

  /** For places that must not be asynchronous. */
  mayThrow(): void {
    if (!this.random.chance(FAULT)) return;
    this.faults += 1;
    throw new Error('a fault of the application');
  }

  cleanUp(): () => void | Promise<void> {
    const index = this.cleanUps.push(0) - 1;
    return () => {
      this.cleanUps[index] = (this.cleanUps[index] ?? 0) + 1;
      return this.mayFail();
    };
  }

  readonly observer: WebSocketObserver = {
    onOpen: (context) => {
      this.closes.set(context, 0);
      return this.mayFail();
    },
    onClose: (context) => {
      this.closes.set(context, (this.closes.get(context) ?? 0) + 1);
      return this.mayFail();
    },
  };
}

function pause(random: Random): Promise<unknown> {
  const ms = random.below(4);
  return ms === 0 ? new Promise(setImmediate) : sleep(ms);
}

function createController(ledger: Ledger) {
  const { random } = ledger;

  const guard: CanActivate = {
    canActivate: async () => {
      await pause(random);
      await ledger.mayFail();
      return random.chance(0.97);
    },
  };
  const interceptor: NestInterceptor = {
    intercept: async (_context, next) => {
      await ledger.mayFail();
      return next.handle().pipe(tap(() => ledger.mayThrow()));
    },
  };
  const pipe: PipeTransform = {
    transform: async (value: unknown) => {
      await ledger.mayFail();
      return value;
    },
  };
  @Catch()
  class Filter implements ExceptionFilter {
    catch(exception: unknown): unknown {
      ledger.mayThrow();
      if (random.chance(0.5)) throw exception;
      return 'filtered';
    }
  }

  async function* items(count: number): AsyncGenerator {
    ledger.streams += 1;
    try {
      for (let item = 0; item < count; item += 1) {
        await pause(random);
        ledger.mayThrow();
        yield { toJSON: () => (ledger.mayThrow(), item) };
      }
    } finally {
      ledger.endedStreams += 1;
    }
  }

  async function work(command: string, connection: WebSocketConnection): Promise<unknown> {
    await pause(random);
    await ledger.mayFail();
    if (command === 'items') return items(1 + random.below(4));
    if (command === 'endless') return items(Infinity);
    if (command === 'close') connection.close(4000, 'Enough');
    if (command === 'terminate') connection.socket?.terminate();
    if (command === 'reset') resetOf(connection);
    if (command === 'flood') {
      for (let chunk = 0; chunk < 5; chunk += 1) await connection.send(Buffer.alloc(100_000));
    }
    return 'echo';
  }

  @UseFilters(Filter)
  @UseGuards(guard)
  @UseInterceptors(interceptor)
  @Controller('lives')
  class Lives {
    @WebSocket('two-way', { concurrency: 2 })
    @WebSocket('opening', { triggerOnConnect: true, errors: 'reply' })
    @WebSocket('receive', { mode: 'receiveOnly', guards: 'message' })
    @WebSocket('send', { mode: 'sendOnly' })
    async live(
      @Body(pipe) command: string | undefined,
      cleanUp: CleanUp,
      connection: WebSocketConnection,
    ): Promise<unknown> {
      ledger.calls += 1;
      cleanUp.add(ledger.cleanUp());
      connection.signal.addEventListener('abort', () => undefined);
      try {
        return await work(command ?? random.pick(COMMANDS), connection);
      } finally {
        cleanUp.add(ledger.cleanUp());
        ledger.settledCalls += 1;
      }
    }
  }
  return Lives;
}

/** The server's own TCP socket fails, as it does where the kernel reports a reset. */
function resetOf({ socket }: WebSocketConnection): void {
  const stream: unknown = socket && Reflect.get(socket, '_socket');
  const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  if (stream instanceof Duplex) stream.destroy(error);
}

function startFaulty(platform: Platform, ledger: Ledger): Promise<RunningApp> {
  return startApp(platform, {
    controllers: [createController(ledger)],
    configure: (app: INestApplication) => {
      app.use((_request: unknown, _response: unknown, next: (error?: unknown) => void) => {
        // A rejection of middleware is Express' affair, and Fastify's engine does not know of any.
        next(ledger.random.chance(FAULT / 4) ? new Error('a fault of middleware') : undefined);
      });
    },
    forRoot: {
      observers: [ledger.observer],
      maxQueuedMessages: 2,
      closeTimeout: 100,
      shutdownTimeout: 500,
      handshakeTimeout: 500,
      backpressure: { highWaterMark: 50_000, timeout: 200 },
      ping: 20,
    },
  });
}

/** One client from its first byte to its end, whatever the server does meanwhile. */
async function live(app: RunningApp, random: Random): Promise<void> {
  const client = await app.raw().catch(() => undefined);
  if (!client) return;
  const route = random.pick(ROUTES);
  client.upgrade(`/lives/${route}`);
  if (random.chance(0.8)) await client.response(500).catch(() => undefined);
  for (let step = random.below(4); step > 0; step -= 1) {
    await pause(random);
    if (random.chance(0.15)) client.pause();
    client.frame(text(random.pick(COMMANDS)));
    if (random.chance(0.2)) client.frame(ping('alive?'));
  }
  await pause(random);
  await end(client, random);
}

async function end(client: RawClient, random: Random): Promise<void> {
  const ending = random.pick(ENDINGS);
  if (ending === 'close') client.frame(close(1000));
  if (ending === 'FIN') client.end();
  if (ending === 'garbage') client.write(Buffer.of(0xff, 0xff, 0xff, 0xff));
  // The server reads the message, answers, and its answer meets a reset: EPIPE.
  if (ending === 'write and reset') client.frame(text('flood'));
  if (ending === 'reset' || ending === 'write and reset') client.resetAndDestroy();
  else if (ending !== 'destroy') {
    client.resume();
    await client.untilEnded(random.below(60)).catch(() => undefined);
  }
  client.destroy();
}

/** Opens and ends many lives, and shuts down while many are under way. */
async function oneApplication(platform: Platform, seed: number): Promise<Ledger> {
  const random = new Random(seed);
  const ledger = new Ledger(new Random(seed + 1));
  const app = await startFaulty(platform, ledger);
  let next = 0;
  let isClosing = false;
  const lane = async (): Promise<void> => {
    while (!isClosing) await live(app, new Random(seed + (next += 1)));
  };
  const lanes = Array.from({ length: LANES }, lane);
  const enough = LIVES_PER_APP - random.below(200);
  await eventually(() => expect(next).toBeGreaterThanOrEqual(enough), 'enough lives', 60_000);
  await sleep(random.below(30));
  isClosing = true;
  await app.close(5000);
  await Promise.all(lanes);
  await eventually(
    () => {
      const { closes, cleanUps, ...counts } = ledger;
      expect(counts).toMatchObject({
        settledCalls: ledger.calls,
        endedStreams: ledger.streams,
      });
      expect(new Set(closes.values())).toEqual(new Set([1]));
      expect(new Set(cleanUps)).toEqual(new Set([1]));
      expect(app.app.get(RevaliWsMetrics).snapshot()).toMatchObject({
        connections: { open: 0 },
        messages: { queued: 0 },
      });
    },
    `everything to be over (SEED=${seed})`,
    5000,
  );
  return ledger;
}

describe.each(platforms)('lives full of faults, on $name', (platform) => {
  const seed = seedOf(`fault lives on ${platform.name}`);
  afterEach(closeAllApps);

  it(
    'end once each, clean up once, and leave nothing behind',
    async () => {
      const recorder = unhandled();
      const before = { timers: activeTimers(), sockets: activeSockets() };
      const sum = { lives: 0, faults: 0, calls: 0, streams: 0 };
      for (let round = 0; sum.lives < LIVES; round += 1) {
        const ledger = await oneApplication(platform, seed + round * 1_000_000);
        sum.lives += ledger.closes.size;
        sum.faults += ledger.faults;
        sum.calls += ledger.calls;
        sum.streams += ledger.streams;
      }
      await eventually(
        () => expect({ timers: activeTimers(), sockets: activeSockets() }).toEqual(before),
        `all timers and sockets to be gone (SEED=${seed})`,
        5000,
      );
      expect(await recorder.release()).toEqual([]);
      // Otherwise it would have tested little.
      expect(sum.faults).toBeGreaterThan(sum.lives / 10);
      expect(sum.calls).toBeGreaterThan(sum.lives / 4);
      expect(sum.streams).toBeGreaterThan(sum.lives / 50);
    },
    10 * 60_000,
  );
});
