import { HttpException } from '@nestjs/common';
import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { plan, type FaultTiming } from '../../support/faults/fault-plan.js';
import { appMiddleware, FaultyModule } from '../../support/faults/faulty-app.js';
import { unhandled } from '../../support/faults/leaks.js';
import { NEST_MAJOR } from '../../support/nest-version.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

interface Case {
  readonly place: string;
  readonly timings: readonly FaultTiming[];
  readonly path: string;
  /** HTTP status of the refusal. */
  readonly refused?: number;
  readonly message?: string;
  /** Close code; without it the connection goes on. */
  readonly closed?: number;
  /** Where not every value can be thrown. */
  readonly thrown?: readonly unknown[];
}

const anError = new Error('secret');

/** Nobody promises that what is thrown is an error, or that it can be read. */
const thrownValues: readonly unknown[] = [
  anError,
  undefined,
  'secret',
  Object.create(null),
  Object.defineProperty(new Error('secret'), 'message', {
    get: () => {
      throw new Error('unreadable');
    },
  }),
  Object.assign(new HttpException('secret', 400), {
    getStatus: () => {
      throw new Error('unreadable');
    },
  }),
];

const both: readonly FaultTiming[] = ['sync', 'async'];
const sync: readonly FaultTiming[] = ['sync'];

const inMessage = (place: string, timings = both, message = place): Case => ({
  place,
  timings,
  path: '/faulty',
  message,
  closed: 1011,
});

const cases: readonly Case[] = [
  { place: 'constructor of a dependency', timings: sync, path: '/scoped', refused: 500 },
  { place: 'constructor of a guard', timings: sync, path: '/scoped', refused: 500 },
  { place: 'constructor of the controller', timings: sync, path: '/scoped', refused: 500 },
  { place: 'middleware of a module', timings: both, path: '/faulty', refused: 500 },
  {
    place: 'middleware of the application',
    timings: both,
    path: '/faulty',
    refused: 500,
    // To throw undefined there means, on every platform, to go on.
    thrown: [anError, 'secret'],
  },
  { place: 'guard (http)', timings: both, path: '/faulty', refused: 500 },
  { place: 'bare guard (http)', timings: sync, path: '/faulty', refused: 500 },
  { place: 'origin policy', timings: both, path: '/origins', refused: 500 },
  { place: 'subprotocol chooser', timings: both, path: '/chooser', refused: 500 },
  { place: 'bare subprotocol chooser', timings: sync, path: '/sync-chooser', refused: 500 },
  { place: 'filter (http)', timings: both, path: '/denied', refused: 500 },
  { place: 'handler on connect', timings: both, path: '/on-connect', closed: 1011 },
  { place: 'handler of a send-only route', timings: both, path: '/send-only', closed: 1011 },
  inMessage('guard (ws)'),
  inMessage('bare guard (ws)', sync),
  inMessage('interceptor before'),
  inMessage('interceptor, deferred'),
  inMessage('interceptor after'),
  inMessage('pipe'),
  inMessage('parameter pipe'),
  inMessage('parameter decorator'),
  inMessage('handler'),
  inMessage('async generator'),
  inMessage('generator', sync),
  inMessage('observable'),
  // Node's streams themselves read the error.
  { ...inMessage('readable'), thrown: [anError] },
  inMessage('toJSON', sync),
  inMessage('toJSON of a promised value', sync),
  inMessage('filter (ws)', both, 'fails for a filter'),
  { place: 'toJSON of a send', timings: sync, path: '/sender', message: 'go', closed: 1011 },
  { place: 'codec decode', timings: sync, path: '/codec', message: 'go', closed: 1007 },
  { place: 'codec encode', timings: sync, path: '/codec', message: 'go', closed: 1011 },
  ...['observer onOpen', 'observer onClose', 'clean-up'].map((place) => ({
    place,
    timings: both,
    path: '/faulty',
    message: 'hi',
  })),
  ...['value', 'promise', 'generator'].map((message) => ({
    place: 'interceptor, finally',
    timings: sync,
    path: '/final',
    message,
  })),
  { place: 'constructor of an observer', timings: sync, path: '/faulty', message: 'hi' },
  {
    place: 'teardown of an observable',
    timings: sync,
    path: '/faulty',
    message: 'teardown of an observable',
  },
  {
    place: 'finally of a running generator',
    timings: both,
    path: '/faulty',
    message: 'finally of a running generator',
  },
];

/** Fastify's app.use() with Nest 11 loses what an asynchronous middleware throws, for plain requests as well. */
const isLost = (platform: string, place: string, timing: FaultTiming): boolean =>
  NEST_MAJOR < 12 &&
  platform === 'fastify' &&
  place === 'middleware of the application' &&
  timing === 'async';

const casesOn = (platform: string) =>
  cases.flatMap((one) =>
    one.timings
      .filter((timing) => !isLost(platform, one.place, timing))
      .map((timing) => {
        const message = one.message === undefined ? '' : `, message '${one.message}'`;
        const title = `${timing} in ${one.place} (${one.path}${message})`;
        return Object.assign({ timing, title }, one);
      }),
  );

describe.each(platforms)('user code that fails on $name', (platform) => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await startApp(platform, {
      module: FaultyModule,
      configure: (nest) => void nest.use(appMiddleware),
    });
  });
  afterEach(() => plan.disarm());
  afterAll(closeAllApps);

  it.each(casesOn(platform.name))(
    '$title is met, and no other connection sees it',
    async (fault) => {
      const recorder = unhandled();
      const other = await app.connect('/healthy');
      for (const thrown of fault.thrown ?? thrownValues) {
        plan.arm({ ...fault, thrown });
        await meet(app, fault);
        await eventually(
          () => expect(plan.reached).toBeGreaterThan(0),
          `a fault in ${fault.place}`,
        );
        plan.disarm();
      }
      other.send('still here');
      expect(await other.text()).toBe('still here');
      const next = await app.connect('/faulty');
      next.send('works again');
      expect(await next.text()).toBe('works again');
      expect(await next.close(1000)).toMatchObject({ code: 1000, wasClean: true });
      await other.close(1000);
      expect(await recorder.release()).toEqual([]);
    },
  );
});

/** Everything that a client of the failing route may wait for comes in time. */
async function meet(app: RunningApp, fault: Case): Promise<void> {
  const options = fault.path === '/origins' ? { origin: 'https://a.example' } : { protocols: 'v1' };
  if (fault.refused !== undefined) {
    const refusal = app.connect(fault.path, options);
    await expect(refusal).rejects.toMatchObject({ status: fault.refused });
    return;
  }
  const client = await app.connect(fault.path);
  if (fault.message !== undefined) client.send(fault.message);
  if (fault.closed !== undefined) {
    const { code, reason } = await client.closed;
    expect(code).toBe(fault.closed);
    expect(reason).not.toContain('secret');
    return;
  }
  await client.next();
  expect(await client.close(1000)).toMatchObject({ code: 1000, wasClean: true });
}
