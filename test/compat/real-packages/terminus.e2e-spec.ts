import { TerminusModule } from '@nestjs/terminus';
import { MemoryBroker } from 'nestjs-revali-ws';
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { ask, closeApps, platforms, start } from './app.js';
import { ReadinessController, RoomsHealth } from './recipes/health.js';

for (const platform of platforms) {
  describe(`@nestjs/terminus on ${platform}`, () => {
    afterEach(closeApps);

    it('says whether the broker of rooms is there', async () => {
      const broker = new MemoryBroker();
      const app = await start({
        platform,
        imports: [TerminusModule.forRoot({ logger: false })],
        controllers: [ReadinessController],
        providers: [RoomsHealth],
        forRoot: { rooms: { broker } },
      });
      const ready = async (): Promise<unknown[]> => {
        const answer = await ask(app, '/ready');
        const { details } = (await answer.json()) as { details: unknown };
        return [answer.status, details];
      };
      assert.deepEqual(await ready(), [200, { rooms: { status: 'up' } }]);
      broker.partition();
      assert.deepEqual(await ready(), [503, { rooms: { status: 'down', broker: 'lost' } }]);
      broker.heal();
      assert.deepEqual(await ready(), [200, { rooms: { status: 'up' } }]);
    });
  });
}
