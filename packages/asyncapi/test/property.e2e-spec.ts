import * as fc from 'fast-check';
import { runsOf } from '../../../test/support/property.runs.js';
import { faultsOf } from './asyncapi.parser.js';
import { application, setupOf } from './random.application.js';
import { closeAllApps, documentOf } from './support.js';

describe('The documents of random applications', () => {
  afterEach(closeAllApps);

  it('are valid, and have every route', async () => {
    await fc.assert(
      fc.asyncProperty(application, async (plan) => {
        const document = await documentOf(setupOf(plan));
        await closeAllApps();
        expect(await faultsOf(document)).toEqual([]);
        let least = 0;
        for (const { isTyped, methods } of plan.controllers) least += isTyped ? 1 : methods.length;
        expect(Object.keys(document.channels).length).toBeGreaterThanOrEqual(least);
      }),
      runsOf(200),
    );
  }, 300_000);
});
