import { Controller } from '@nestjs/common';
import { UnsupportedRuntimeException, WebSocket } from 'nestjs-revali-ws';
import { ServerResponse } from 'node:http';
import { gatewayAt } from '../../support/apps/gateways/classes.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { startFault } from '../../support/apps/start-fault.js';

@Controller()
class LiveController {
  @WebSocket('live')
  live(): void {}
}

/** Puts something else in the place of a method. @returns What puts the method back. */
function replace(name: 'assignSocket' | 'detachSocket', instead: (() => void) | undefined) {
  const { prototype } = ServerResponse;
  const method: unknown = Reflect.get(prototype, name);
  Reflect.set(prototype, name, instead);
  return () => void Reflect.set(prototype, name, method);
}

describe.each(platforms)('private parts of Node on $name', (platform) => {
  afterEach(closeAllApps);

  describe.each([
    ['does not show its response', () => replace('assignSocket', () => undefined)],
    ['is never let go by its response', () => replace('detachSocket', () => undefined)],
    ['cannot be let go by its response', () => replace('detachSocket', undefined)],
  ])('where a socket %s', (_fault, spoil) => {
    let restore: () => void;

    beforeEach(() => {
      restore = spoil();
    });

    afterEach(() => restore());

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
