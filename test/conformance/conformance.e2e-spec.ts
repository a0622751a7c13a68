import { startApp } from '../support/apps/app-factory.js';
import { close } from '../support/raw/frames.js';
import { closeAllClients } from '../support/clients/open-clients.js';
import { transports } from '../support/apps/transports.js';
import { closeAllApps, type RunningApp } from '../support/apps/running-app.js';
import { transmit, transmitChopped } from '../support/raw/sent.js';
import { watch, type Sight } from '../support/raw/sights.js';
import type { ConformanceCase } from './conformance-case.js';
import { EchoController } from './echo-controller.js';
import { sections } from './sections/sections.js';

describe.each(transports)('the protocol on $label', (platform) => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await startApp(platform, { controllers: [EchoController], forRoot: { ping: false } });
  });
  afterEach(closeAllClients);
  afterAll(closeAllApps);

  describe.each(sections)('$section', ({ path, cases }) => {
    it.each(cases)('$name', async (one) => {
      const expected = one.see.at(-1) === 'gone' ? one.see : [...one.see, 'close 1000', 'gone'];
      expect(await converse(app, path, one, expected)).toEqual(expected);
    });
  });
});

async function converse(
  app: RunningApp,
  path: string,
  { send, chop, see }: ConformanceCase,
  expected: readonly Sight[],
): Promise<Sight[]> {
  const client = await app.raw();
  client.upgrade(path);
  expect((await client.response()).status).toBe(101);
  if (chop === undefined) for (const frame of send) transmit(client, frame);
  else await transmitChopped(client, send, chop);
  const seen = await watch(client, see);
  if (seen.length < see.length || expected === see) return seen;
  client.frame(close(1000));
  return [...seen, ...(await watch(client, expected.slice(see.length)))];
}
