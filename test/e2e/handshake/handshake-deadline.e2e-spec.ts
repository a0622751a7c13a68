import { jest } from '@jest/globals';
import { Body, Controller, UseGuards, type CanActivate } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

/** No other timer has this length. */
const TIMEOUT = 7_777;

class PromptGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    await Promise.resolve();
    return true;
  }
}

class SlowGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    await nextTurn();
    return true;
  }
}

@Controller()
class GuardedController {
  @UseGuards(PromptGuard)
  @WebSocket('prompt')
  prompt(@Body() text: string): string {
    return text;
  }

  @UseGuards(SlowGuard)
  @WebSocket('slow')
  slow(@Body() text: string): string {
    return text;
  }
}

describe.each(platforms)('on $name, the deadline of a handshake', (platform) => {
  afterEach(async () => {
    jest.restoreAllMocks();
    await closeAllApps();
  });

  it.each([
    ['needs no timer where its guards need no I/O', 'prompt', 0],
    ['needs one where they take their time', 'slow', 1],
  ])('%s', async (_name, path, timers) => {
    const app = await startApp(platform, {
      controllers: [GuardedController],
      forRoot: { handshakeTimeout: TIMEOUT },
    });
    const setTimer = jest.spyOn(globalThis, 'setTimeout');
    const client = await app.connect(`/${path}`);
    client.send('hi');
    expect(await client.text()).toBe('hi');
    expect(setTimer.mock.calls.filter(([, ms]) => ms === TIMEOUT)).toHaveLength(timers);
  });
});
