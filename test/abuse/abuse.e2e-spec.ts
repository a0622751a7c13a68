import { startApp } from '../support/apps/app-factory.js';
import { close, ping } from '../support/raw/frames.js';
import { unhandled, type UnhandledRecorder } from '../support/faults/leaks.js';
import { closeAllClients } from '../support/clients/open-clients.js';
import { transports } from '../support/apps/transports.js';
import type { RawClient } from '../support/raw/raw-client.js';
import { closeAllApps, type RunningApp } from '../support/apps/running-app.js';
import { transmit } from '../support/raw/sent.js';
import { PATIENCE_MS, watch, type Sight } from '../support/raw/sights.js';
import { abusedControllers } from './abuse-app.js';
import type { AbuseCase } from './abuse-case.js';
import { themes } from './cases/themes.js';

/** Asked last: the connection lives, and nothing else has come before the answer. */
const PROBE = 'still there?';

describe.each(transports)('abuse on $label', (platform) => {
  const fits = ({ isOfHttp1 = false }: { isOfHttp1?: boolean }): boolean =>
    !(isOfHttp1 && platform.isHttp2);

  describe.each(themes.filter(fits))('$theme', ({ forRoot, cases }) => {
    let app: RunningApp;
    let recorder: UnhandledRecorder;

    beforeAll(async () => {
      recorder = unhandled();
      app = await startApp(platform, {
        controllers: abusedControllers,
        forRoot: { ping: false, ...forRoot },
      });
    });
    afterEach(closeAllClients);
    afterAll(async () => {
      await closeAllApps();
      expect(await recorder.release()).toEqual([]);
    });

    it.each(cases.filter(fits))(
      '$name',
      async (abuse) => {
        const expected = expectationOf(abuse);
        expect(await commit(abuse, expected, app)).toEqual(expected);
        await expectService(app);
        expect(recorder.seen).toEqual([]);
        expect(Object.prototype).not.toHaveProperty('polluted');
      },
      60_000,
    );
  });
});

/** With what every case has in common. */
function expectationOf({ see, attack }: AbuseCase): readonly Sight[] {
  if (attack) return see;
  const expected = typeof see[0] === 'number' ? see : [101, ...see];
  if (expected[0] !== 101) return [...expected, 'gone'];
  const last = expected.at(-1);
  return last === 'gone' || last === 'nothing' ? expected : [...expected, `pong "${PROBE}"`];
}

async function commit(
  abuse: AbuseCase,
  expected: readonly Sight[],
  app: RunningApp,
): Promise<readonly Sight[]> {
  if (abuse.attack) return abuse.attack(app);
  const client = await app.raw();
  if (abuse.request === undefined) client.upgrade(abuse.path ?? '/echo', abuse.upgrade);
  else client.write(abuse.request);
  const { status, headers } = await client.response(PATIENCE_MS);
  expect(headers).not.toHaveProperty('x-evil');
  if (status !== 101) {
    // What was no upgrade request is answered, and the connection kept for the next request.
    if (headers['connection']?.[0] !== 'close') client.end();
    return [status, ...(await watch(client, ['gone']))];
  }
  for (const sent of abuse.send ?? []) transmit(client, sent);
  return [status, ...(await listen(client, expected.slice(1)))];
}

async function listen(client: RawClient, expected: readonly Sight[]): Promise<Sight[]> {
  const last = expected.at(-1);
  const seen = await watch(client, expected.slice(0, -1));
  if (last === undefined || seen.length < expected.length - 1) return seen;
  // Whoever was closed answers; whoever was not asks.
  if (last === 'gone' && String(seen.at(-1)).startsWith('close')) client.frame(close(1000));
  if (last === `pong "${PROBE}"`) client.frame(ping(PROBE));
  return [...seen, ...(await watch(client, [last]))];
}

/** Others are served as if nothing had happened. */
async function expectService(app: RunningApp): Promise<void> {
  const client = await app.connect('/echo');
  client.send('hi');
  expect(await client.text()).toBe('hi');
  expect(await client.close(1000)).toMatchObject({ code: 1000, wasClean: true });
}
