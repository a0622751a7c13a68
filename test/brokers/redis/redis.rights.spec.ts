import { RedisBroker } from 'nestjs-revali-ws/redis';

import { outcomeOf, type BrokerLog } from '../../support/records/broker-log.js';
import { RedisStage } from '../../support/servers/redis-stage.js';

const KEPT = { history: { messages: 10, age: 60_000 } };
const ROOM = 'chat/blue';

let stage: RedisStage;

beforeEach(async () => {
  stage = await RedisStage.open();
});

afterEach(() => stage.close());

/** May do all, but publish only to hear who is gone. */
async function mute(): Promise<BrokerLog> {
  const rules = ['on', '>secret', '~*', '+@all', 'resetchannels', '&test:g'];
  await stage.admin().acl('SETUSER', 'mute', 'reset', ...rules);
  const url = stage.server.url.replace('//', '//mute:secret@');
  return stage.opened(new RedisBroker({ url }));
}

const publish = (log: BrokerLog, text: string, options?: object): Promise<string> =>
  outcomeOf(log.link.publish(ROOM, Buffer.from(text), options));

describe('a user who may not publish', () => {
  it('leaves nothing in the history of what was refused', async () => {
    const [log, other] = [await mute(), await stage.directLink()];
    expect(await publish(other, '1', KEPT)).toBe('accepted');
    expect(await publish(log, 'refused', KEPT)).toBe('refused');
    expect(await publish(other, '2', KEPT)).toBe('accepted');
    const { entries } = await log.history.read(ROOM, undefined, 10);
    expect(entries.map(({ packet }) => packet.toString())).toEqual(['1', '2']);
  });

  it('is refused again with the same id', async () => {
    const [log, other] = [await mute(), await stage.directLink()];
    await other.link.subscribe([ROOM]);
    expect(await publish(log, '1', { id: 'one' })).toBe('refused');
    expect(await publish(log, '1', { id: 'one' })).toBe('refused');
    expect(await publish(other, '1', { id: 'one' })).toBe('accepted');
    await other.hears(ROOM, ['1']);
  });
});
