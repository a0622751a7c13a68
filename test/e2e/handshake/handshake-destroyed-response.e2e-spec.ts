import { Controller, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { startApp } from '../../support/apps/app-factory.js';
import { unhandled } from '../../support/faults/leaks.js';
import { moduleThat } from '../../support/apps/middleware.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { watch } from '../../support/raw/sights.js';

type Deed = (response: ServerResponse) => boolean | Promise<boolean>;

const yes = (): boolean => true;

const failing = (): Readable =>
  new Readable({
    read() {
      this.destroy(new Error('the source failed'));
    },
  });

const deeds: readonly [name: string, deed: Deed][] = [
  ['with an error', (response) => Boolean(response.destroy(new Error('failed')))],
  ['without an error', (response) => Boolean(response.destroy())],
  [
    'after a while',
    async (response) => {
      await nextTurn();
      response.destroy(new Error('failed'));
      await nextTurn();
      return true;
    },
  ],
  ['through its socket', (response) => Boolean(response.socket?.destroy(new Error('failed')))],
  ['by the pipeline of a source that fails', (response) => pipeline(failing(), response).then(yes)],
];

const isDue = ({ url = '' }: { url?: string }): boolean => url.endsWith('?destroy');

function start(
  platform: Platform,
  refusal: 'http' | 'close',
  place: { guard?: Deed; middleware?: Deed },
): Promise<RunningApp> {
  class Guard implements CanActivate {
    canActivate(context: ExecutionContext): boolean | Promise<boolean> {
      const http = context.switchToHttp();
      const response = http.getResponse<ServerResponse & { raw?: ServerResponse }>();
      return !isDue(http.getRequest()) || (place.guard?.(response.raw ?? response) ?? true);
    }
  }
  @Controller()
  class EchoController {
    @UseGuards(Guard)
    @WebSocket('echo', { triggerOnConnect: true })
    echo(): string {
      return 'hello';
    }
  }
  const module = moduleThat((consumer) => {
    const apply = async (
      request: { url?: string; originalUrl?: string },
      response: ServerResponse,
      next: () => void,
    ): Promise<void> => {
      if (isDue(request)) await place.middleware?.(response);
      next();
    };
    consumer.apply(apply).forRoutes('{*path}');
  });
  return startApp(platform, { controllers: [EchoController], module, forRoot: { refusal } });
}

describe.each(platforms)(
  'a response that is destroyed during the handshake, on $name',
  (platform) => {
    afterEach(closeAllApps);

    describe.each(['close', 'http'] as const)("with refusal '%s'", (refusal) => {
      it.each(
        deeds.flatMap(([name, deed]) =>
          (['guard', 'middleware'] as const).map((place) => ({ name, deed, place })),
        ),
      )('costs that client alone its connection: $name, in a $place', async ({ deed, place }) => {
        const recorder = unhandled();
        const app = await start(platform, refusal, { [place]: deed });
        const bystander = await app.connect('/echo');
        const client = await app.raw();
        client.upgrade('/echo?destroy');
        expect(await watch(client, ['gone'])).toEqual(['gone']);
        expect(await bystander.text()).toBe('hello');
        expect(bystander.isOpen).toBe(true);
        expect(await recorder.release()).toEqual([]);
      });
    });

    it('is let in where its response was corked instead', async () => {
      const guard: Deed = (response) => {
        response.cork();
        return true;
      };
      const app = await start(platform, 'http', { guard });
      const client = await app.connect('/echo?destroy');
      expect(await client.text()).toBe('hello');
    });
  },
);
