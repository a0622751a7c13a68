import { jest } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { UnsupportedRuntimeException, WebSocket } from 'nestjs-revali-ws';
import { ServerResponse } from 'node:http';
import { gatewayAt } from '../support/gateways/classes.js';
import { platforms } from '../support/platforms.js';
import { closeAllApps } from '../support/running-app.js';
import { startFault } from '../support/start-fault.js';

@Controller()
class LiveController {
  @WebSocket('live')
  live(): void {}
}

describe.each(platforms)('private parts of Node on $name', (platform) => {
  afterEach(closeAllApps);

  describe('where a socket does not show its response', () => {
    beforeEach(() => {
      jest.spyOn(ServerResponse.prototype, 'assignSocket').mockImplementation(() => undefined);
    });

    afterEach(() => {
      jest.restoreAllMocks();
    });

    it('an application with routes does not start', async () => {
      const fault = await startFault(platform, { controllers: [LiveController] });
      expect(fault).toBeInstanceOf(UnsupportedRuntimeException);
      expect(fault.message).toContain('which response a socket belongs to');
    });

    it('an application with gateways does not start', async () => {
      const fault = await startFault(platform, { providers: [gatewayAt(undefined, '/gate')] });
      expect(fault).toBeInstanceOf(UnsupportedRuntimeException);
    });
  });
});
