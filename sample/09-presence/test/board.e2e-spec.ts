import { closeAllApps, type RunningApp } from '../../../test/support/apps/running-app.js';
import { connectTo } from '../../support/sample-client.js';
import { startSample } from '../../support/start-sample.js';
import type { WhoEvent } from '../src/board/board.events.js';
import { BoardRooms, person } from '../src/board/board.rooms.js';
import { createApp } from '../src/create-app.js';

const [ADA, BEN] = [person('ada-00000001', 'Ada'), person('ben-00000002', 'Ben')];
const shown = ({ name, color }: typeof ADA) => ({ name, color });
const NOT_A_NAME = 'A name has 1 to 24 letters, digits or spaces';

describe('the presence sample', () => {
  let sample: RunningApp;
  const enter = ({ key, name }: typeof ADA, board = 'lobby') =>
    connectTo(sample, `/boards/${board}`, { query: { key, name } });

  beforeEach(async () => {
    sample = await startSample(createApp);
  });
  afterEach(closeAllApps);

  it('tells the cursor of one to all others of the board', async () => {
    const [ada, ben, eve] = [await enter(ADA), await enter(BEN), await enter(BEN, 'other')];
    ada.send({ type: 'move', x: 0.25, y: 1 });
    expect(await ben.json()).toEqual({ type: 'moved', key: ADA.key, x: 0.25, y: 1 });
    ada.send({ type: 'hide' });
    expect(await ben.json()).toEqual({ type: 'gone', key: ADA.key });
    // What comes next is the first that Ada and Eve hear of.
    const room = sample.app.get(BoardRooms);
    for (const name of ['lobby', 'other']) await room.at(name).broadcast({ type: 'gone', key: '' });
    for (const client of [ada, eve]) expect(await client.json()).toEqual({ type: 'gone', key: '' });
  });

  it('says at once whose cursor is gone, and later who is', async () => {
    const who = await connectTo(sample, '/boards/lobby/who');
    expect(await who.json<WhoEvent>()).toEqual({ type: 'here', present: [] });
    const [ada, ben] = [await enter(ADA), await enter(BEN)];
    for (const { key, name, color } of [ADA, BEN])
      expect(await who.json()).toEqual({ type: 'joined', key, member: { name, color } });
    await ben.close();
    expect(await ada.json()).toEqual({ type: 'gone', key: BEN.key });
    const again = await enter(BEN);
    ada.send({ type: 'rename', name: 'Ida' });
    expect(await who.json()).toEqual({
      type: 'updated',
      key: ADA.key,
      member: { ...shown(ADA), name: 'Ida' },
    });
    await again.close();
    expect(await who.json()).toEqual({ type: 'left', key: BEN.key, member: shown(BEN) });
  });

  it.each([
    [{ type: 'move', x: 2, y: 0 }, ['x must not be greater than 1']],
    [{ type: 'rename', name: '' }, [NOT_A_NAME]],
    [{ type: 'hide', key: 'ben-00000002' }, ['property key should not exist']],
  ])('answers %j with what is wrong, and tells nobody', async (message, texts) => {
    const [ada, ben] = [await enter(ADA), await enter(BEN)];
    // Past the contract, which names no such message.
    ada.socket.send(JSON.stringify(message));
    expect(await ada.json()).toMatchObject({ error: { statusCode: 400, message: texts } });
    ada.send({ type: 'move', x: 0, y: 0 });
    expect(await ben.json()).toMatchObject({ type: 'moved' });
  });

  it.each([
    { key: '', name: 'Ada' },
    { key: 'short', name: 'Ada' },
    { key: ADA.key, name: ' ' },
    { key: ADA.key, name: 'x'.repeat(25) },
  ])('does not let in %j', async ({ key, name }) => {
    const client = await enter({ ...ADA, key, name });
    expect((await client.closed).code).toBe(4403);
    expect(await sample.app.get(BoardRooms).at('lobby').presence()).toEqual([]);
  });

  it('gives each key a color that stays', () => {
    expect(person(ADA.key, 'Somebody').color).toBe(ADA.color);
    expect(ADA.color).not.toBe(BEN.color);
  });
});
