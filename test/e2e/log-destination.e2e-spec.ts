import { jest } from '@jest/globals';
import { ConsoleLogger, Controller, type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RevaliWsModule, WebSocket } from 'nestjs-revali-ws';

import { platforms } from '../support/apps/platforms.js';
import { RecordingLogger } from '../support/records/recording-logger.js';
import { RunningApp } from '../support/apps/running-app.js';
import { upgradeStatus } from '../support/clients/upgrade-status.js';

@Controller()
class EchoController {
  @WebSocket('echo')
  echo(): void {}
}

const MAPPED = 'Mapped {/echo, WS} route';

describe.each(platforms)('what is logged on $name', (platform) => {
  const create = (options: Pick<NestApplicationOptions, 'bufferLogs' | 'logger'>) =>
    NestFactory.create(
      {
        module: class AppModule {},
        imports: [RevaliWsModule.forRoot()],
        controllers: [EchoController],
      },
      platform.createAdapter(),
      { ...options, abortOnError: false },
    );

  it('goes to the logger that the application sets, and to the next one from then on', async () => {
    const [first, second] = [new RecordingLogger(), new RecordingLogger()];
    const nest = await create({ bufferLogs: true });
    nest.useLogger(first);
    await nest.listen(0, '127.0.0.1');
    const app = new RunningApp(nest, first);
    expect(first.messages('log')).toContain(MAPPED);
    // Its Logger is older than the application's choice.
    nest.useLogger(second);
    expect(await upgradeStatus(app, 'echo', { origin: 'http://evil.example' })).toBe(403);
    expect(first.at('warn')).toEqual([]);
    expect(second.at('warn')).toMatchObject([{ context: 'WebSocketHandshake' }]);
    await app.close();
  });

  it.each([
    { wish: 'is silent where the application wants none', logger: false as const, times: 0 },
    { wish: 'is written otherwise', logger: new ConsoleLogger(), times: 1 },
  ])('$wish', async ({ logger, times }) => {
    const writes = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      const app = await create({ logger });
      await app.init();
      await app.close();
      const lines = writes.mock.calls.map(([line]) => String(line));
      expect(lines.filter((line) => line.includes(MAPPED))).toHaveLength(times);
      expect(lines.filter((line) => line.includes('WebSocket'))).toHaveLength(times);
    } finally {
      writes.mockRestore();
    }
  });
});
