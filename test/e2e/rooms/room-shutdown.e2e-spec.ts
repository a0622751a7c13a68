import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { RoomsApp } from '../../support/apps/rooms-app.js';

const SPREAD = 400;
/** Closes that a busy machine sees in one turn come in any order, and within this. Milliseconds. */
const TURN = SPREAD / 16;

describe.each(platforms)('Members at the end of their application ($name)', (platform) => {
  afterEach(closeAllApps);

  /** When each of them was told, in ms since the first. */
  async function closeOver(shutdownSpread: number): Promise<number[]> {
    const app = await RoomsApp.start(platform, { rooms: { shutdownSpread } });
    const members = await app.enterAll(8, 'chat/blue');
    const times = Promise.all(
      members.map(async ({ client }) => {
        const { code } = await client.closed;
        expect(code).toBe(1001);
        return Date.now();
      }),
    );
    await app.app.close();
    const all = await times;
    return all.map((time) => time - Math.min(...all));
  }

  it('are closed one after another over the time that is asked for', async () => {
    const times = await closeOver(SPREAD);
    times.reduce((before, time) => {
      expect(time).toBeGreaterThanOrEqual(before - TURN);
      return Math.max(before, time);
    });
    expect(Math.max(...times)).toBeGreaterThanOrEqual(SPREAD / 2);
  });
});
