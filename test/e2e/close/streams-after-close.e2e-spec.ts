import { AsyncLocalStorage } from 'node:async_hooks';

import { jest } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { WebSocket, WebSocketConnection } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { transports } from '../../support/apps/transports.js';
import { closeAllApps } from '../../support/apps/running-app.js';

@Controller()
class CountController {
  @WebSocket('count')
  async *count(_connection: WebSocketConnection): AsyncGenerator<number> {
    yield 1;
  }
}

/** The storages that somebody has entered, and nobody has disabled since. Node follows every promise for each. */
function watchStorages(): Set<unknown> {
  const enabled = new Set<unknown>();
  const { run, disable } = AsyncLocalStorage.prototype;
  jest.spyOn(AsyncLocalStorage.prototype, 'run').mockImplementation(function (
    this: unknown,
    ...args
  ) {
    enabled.add(this);
    return Reflect.apply(run, this, args);
  });
  jest.spyOn(AsyncLocalStorage.prototype, 'disable').mockImplementation(function (this: unknown) {
    enabled.delete(this);
    Reflect.apply(disable, this, []);
  });
  return enabled;
}

describe.each(transports)('After the end of an application on $label', (platform) => {
  afterEach(async () => {
    await closeAllApps();
    jest.restoreAllMocks();
  });

  it('Node no longer follows promises for the streams that it sent', async () => {
    const enabled = watchStorages();
    const app = await startApp(platform, { controllers: [CountController] });
    const client = await app.connect('/count');
    client.send('go');
    expect(await client.text()).toBe('1');
    const whileRunning = enabled.size;
    await app.close();
    expect({ whileRunning, afterwards: enabled.size }).toEqual({ whileRunning: 1, afterwards: 0 });
  });
});
