import { Body, Controller, UseInterceptors } from '@nestjs/common';
import * as fc from 'fast-check';
import { WebSocket, type WebSocketRouteOptions } from 'nestjs-revali-ws';
import { interval, take } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { Passing } from '../../support/apps/passing.interceptor.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import type { TestClient } from '../../support/clients/test-client.js';
import { sleep } from '../../support/deadline.js';
import { runsOf } from '../../support/property.runs.js';

const handlers: Record<string, (signal: AbortSignal) => unknown> = {
  now: () => 'now',
  soon: () => sleep(2).then(() => 'soon'),
  nothing: () => undefined,
  failing: () => {
    throw new Error('a fault');
  },
  patient: (signal) =>
    new Promise((resolve) => {
      if (signal.aborted) resolve('aborted');
      signal.addEventListener('abort', () => resolve('aborted'));
      setTimeout(resolve, 5);
    }),
  pushed: () => interval(1).pipe(take(3)),
  async *pulled() {
    yield 1;
    await sleep(1);
    yield 2;
  },
};

const options: WebSocketRouteOptions = { concurrency: 3 };

@Controller()
class MixedController {
  @WebSocket('plain', options)
  plain(@Body() name: string, signal: AbortSignal): unknown {
    return handlers[name]?.(signal);
  }

  @UseInterceptors(Passing)
  @WebSocket('piped', options)
  piped(@Body() name: string, signal: AbortSignal): unknown {
    return handlers[name]?.(signal);
  }
}

interface Step {
  readonly name: string;
  /** How many calls ago the one was made that is stopped. */
  readonly stops: number | undefined;
  readonly isBinary: boolean;
  /** Whether the server has its turn afterwards. */
  readonly rests: boolean;
}

const step = fc.record({
  name: fc.constantFrom(...Object.keys(handlers)),
  stops: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  isBinary: fc.boolean(),
  rests: fc.boolean(),
});

function write(client: TestClient, header: string, payload: string, isBinary: boolean): void {
  if (!isBinary) client.send(`${header}\n${payload}`);
  else client.send(Buffer.concat([Buffer.from([header.length]), Buffer.from(header + payload)]));
}

/** What came back for each call, in order, by the letters of the wire. */
async function answersTo(client: TestClient, steps: readonly Step[]): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  for (const [index, { name, stops, isBinary, rests }] of steps.entries()) {
    write(client, `c ${index}`, name, isBinary);
    if (stops !== undefined && stops <= index) write(client, `x ${index - stops}`, '', isBinary);
    // oxlint-disable-next-line no-await-in-loop -- the pace is a part of what is tried
    if (rests) await sleep(1);
  }
  client.send('c last\nnow');
  for (let isLast = false; !isLast;) {
    // oxlint-disable-next-line no-await-in-loop -- one answer after the other
    const [kind = '', id = ''] = (await client.text()).split('\n')[0]?.split(' ') ?? [];
    answers.set(id, (answers.get(id) ?? '') + kind);
    isLast =
      answers.size > steps.length && [...answers.values()].every((kinds) => /[rde]$/.test(kinds));
  }
  return answers;
}

describe.each(platforms)('Calls in any order ($name)', (platform) => {
  afterEach(closeAllApps);

  it.each(['plain', 'piped'])(
    'are answered once each, and then no more: %s',
    async (path) => {
      const app = await startApp(platform, { controllers: [MixedController] });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
          const client = await app.connect(path, { protocols: ['revali.v1'] });
          const answers = await answersTo(client, steps);
          client.ping();
          await client.nextPong();
          await sleep(2);
          expect(client.received).toBe([...answers.values()].join('').length);
          for (const kinds of answers.values()) expect(kinds).toMatch(/^(r|i*d|i*e)$/);
          client.terminate();
        }),
        runsOf(40),
      );
    },
    60_000,
  );
});
