import { Body, Controller } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { AsyncLocalStorage } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

/** More than messages may take of one turn of the event loop. */
const LONG_MS = 15;
const MESSAGES = 5;

const storage = new AsyncLocalStorage<string>();

function spin(): void {
  const end = performance.now() + LONG_MS;
  while (performance.now() < end);
}

const stores = (): string => storage.getStore() ?? 'none';

@Controller()
class SlowController {
  @WebSocket('at-once')
  atOnce(@Body() _message: string): string {
    spin();
    return stores();
  }

  @WebSocket('later')
  async later(@Body() _message: string): Promise<string> {
    const first = stores();
    spin();
    await nextTurn();
    return `${first} ${stores()}`;
  }

  @WebSocket('beside', { concurrency: 4 })
  async beside(@Body() _message: string): Promise<string> {
    spin();
    await nextTurn();
    return stores();
  }
}

describe.each(platforms)('messages that wait for their turn on $name', (platform) => {
  afterEach(closeAllApps);

  it.each([
    ['/at-once', 'ada', 'bob'],
    ['/later', 'ada ada', 'bob bob'],
    ['/beside', 'ada', 'bob'],
  ])('run in the context of their own connection (%s)', async (path, ofAda, ofBob) => {
    const app = await startApp(platform, {
      controllers: [SlowController],
      configure: (created) => {
        created.use((request: { url: string }, _response: unknown, next: () => void) => {
          storage.run(request.url.split('?')[1] ?? '', next);
        });
      },
    });
    const [ada, bob] = [await app.connect(`${path}?ada`), await app.connect(`${path}?bob`)];
    for (let sent = 0; sent < MESSAGES; sent += 1) {
      ada.send('hi');
      bob.send('hi');
    }
    for (let answered = 0; answered < MESSAGES; answered += 1) {
      expect([await ada.text(), await bob.text()]).toEqual([ofAda, ofBob]);
    }
  });
});
