import { Body, Controller, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../support/apps/app-factory.js';
import { gate } from '../support/gate.js';
import { expectNoTrace } from '../support/apps/house-app.js';
import { transports } from '../support/apps/transports.js';
import { refusedUpgrade } from '../support/raw/refused-upgrade.js';
import { closeAllApps } from '../support/apps/running-app.js';

let begun = gate();
let finish = gate();

/** As an application that still writes to its database, or waits for its load balancer. */
@Injectable()
class LastWords implements BeforeApplicationShutdown {
  async beforeApplicationShutdown(): Promise<void> {
    begun.open();
    await finish.opened;
  }
}

@Controller()
class LiveController {
  @WebSocket('live')
  live(@Body() message: string): string {
    return message;
  }
}

describe.each(transports)(
  'an application between its last connection and the end of its server on $label',
  (platform) => {
    beforeEach(() => {
      begun = gate();
      finish = gate();
    });
    afterEach(closeAllApps);

    it('refuses upgrades with 503', async () => {
      const app = await startApp(platform, {
        controllers: [LiveController],
        providers: [LastWords],
      });
      const closing = app.close();
      await begun.opened;
      const { status, body } = await refusedUpgrade(app, '/live');
      expect(status).toBe(503);
      expect(body).toContain('Server is shutting down');
      finish.open();
      await closing;
      expectNoTrace(app);
    });
  },
);
