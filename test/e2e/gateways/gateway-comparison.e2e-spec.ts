import { ourAdapter, stockAdapter, type AdapterKind } from '../../support/apps/gateways/app.js';
import { behaviours } from '../../support/apps/gateways/behaviours.js';
import { GatewayRun } from '../../support/apps/gateways/run.js';
import { NEST_MAJOR } from '../../support/nest-version.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

function itBehaves(platform: Platform, kind: AdapterKind): void {
  for (const { name, see, expected, stock = [], since = 0 } of behaviours) {
    if (since > NEST_MAJOR) continue;
    const [failure] =
      kind === stockAdapter ? stock.filter(({ nest = NEST_MAJOR }) => nest === NEST_MAJOR) : [];
    it(failure ? `${name} – fails: ${failure.instead}` : name, async () => {
      const seen = await see(new GatewayRun(platform, kind));
      expect(seen).toEqual(failure ? failure.seen : expected);
      // What both do must not be listed as a difference.
      if (failure) expect(seen).not.toEqual(expected);
    });
  }
}

describe.each(platforms)('gateways on $name', (platform) => {
  afterEach(closeAllApps);

  describe('with WsAdapter', () => {
    itBehaves(platform, stockAdapter);
  });

  describe('with RevaliWsAdapter', () => {
    itBehaves(platform, ourAdapter);
  });
});
