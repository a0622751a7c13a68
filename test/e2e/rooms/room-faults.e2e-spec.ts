import { BrokerUnavailableException } from 'nestjs-revali-ws';

import { platforms } from '../../support/apps/platforms.js';
import { RoomsApp, sizeOf } from '../../support/apps/rooms-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';
import { eventually, sleep, within } from '../../support/deadline.js';
import { unhandled } from '../../support/faults/leaks.js';
import { never, ScriptedBroker } from '../../support/faults/scripted-broker.js';
import { settledTimers } from '../../support/faults/settled-timers.js';
import { gate } from '../../support/gate.js';

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'accepted';
  } catch (error) {
    if (error instanceof BrokerUnavailableException) return error.outcome;
    throw error;
  }
}

describe.each(platforms)('Rooms and a broker that fails ($name)', (platform) => {
  afterEach(closeAllApps);

  async function start(options: object = {}): Promise<{ app: RoomsApp; broker: ScriptedBroker }> {
    const broker = new ScriptedBroker();
    const rooms = { broker, leaveDelay: 20, joinTimeout: 100, publishTimeout: 50, ...options };
    return { app: await RoomsApp.start(platform, { rooms }), broker };
  }

  it('refuse broadcasts while it is lost: with 1013, and with 503 over HTTP', async () => {
    const { app, broker } = await start();
    const [ann, bob] = await app.enterAll(2, 'chat/blue');
    if (!ann || !bob) throw new Error('nobody');
    broker.lose();
    const room = app.chat.at('blue');
    expect(await outcomeOf(room.broadcast('x'))).toBe('refused');
    expect(await outcomeOf(room.broadcast('x', { receipt: true }))).toBe('refused');
    expect(await outcomeOf(room.expel({ connection: ann.connection.id }))).toBe('refused');
    app.controller.post = (name) => app.chat.at(name).broadcast('x');
    expect((await app.post('blue')).status).toBe(503);
    app.actOf(ann, () => room.broadcast('x'));
    expect(await ann.client.closed).toMatchObject({
      code: 1013,
      reason: 'Rooms are not available',
    });
    expect(broker.commands).not.toContain('publish chat/blue');
    await room.broadcast('local', { local: true });
    expect(await bob.client.text()).toBe('local');
  });

  it('do no harm where nobody awaits what is refused', async () => {
    const { app, broker } = await start();
    broker.lose();
    const recorder = unhandled();
    void app.chat.at('blue').broadcast('x');
    void app.chat.at('blue').broadcast('x', { receipt: true });
    expect(await recorder.release()).toEqual([]);
  });

  it('work again when it is back, for those who were there and for those who come', async () => {
    const { app, broker } = await start();
    const ann = await app.enter('chat/blue');
    broker.lose();
    broker.lose();
    broker.recover();
    broker.recover();
    await eventually(() => expect([...broker.subscribed]).toEqual(['chat/blue']), 'the room');
    expect(broker.commands.filter((each) => each === 'subscribe chat/blue')).toHaveLength(2);
    const bob = await app.enter('chat/blue');
    await app.chat.at('blue').broadcast('back');
    expect(await ann.client.text()).toBe('back');
    expect(await bob.client.text()).toBe('back');
  });

  it('work for who comes back to a room that was empty when it was lost', async () => {
    const { app, broker } = await start({ leaveDelay: '1m' });
    const ann = await app.enter('chat/blue');
    await ann.client.close();
    await eventually(() => expect(sizeOf(app.chat.at('blue'))).toBe(0), 'nobody');
    broker.lose();
    broker.recover();
    const bob = await app.enter('chat/blue');
    await app.chat.at('blue').broadcast('hi');
    expect(await bob.client.text(500)).toBe('hi');
  });

  it('work in the end for those who were there, though the first try to subscribe fails', async () => {
    const { app, broker } = await start();
    const ann = await app.enter('chat/blue');
    broker.lose();
    let tries = 0;
    broker.onSubscribe = () =>
      (tries += 1) === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve();
    broker.recover();
    await eventually(() => expect(tries).toBe(1), 'the first try');
    const bob = await app.enter('chat/blue');
    await app.chat.at('blue').broadcast('hi');
    expect([await ann.client.text(500), await bob.client.text(500)]).toEqual(['hi', 'hi']);
    await ann.client.close();
    await eventually(() => expect(sizeOf(app.chat.at('blue'))).toBe(1), 'one');
    // Longer than leaveDelay.
    await sleep(80);
    await app.chat.at('blue').broadcast('still');
    expect(await bob.client.text(500)).toBe('still');
  });

  it('do not know what became of a broadcast that is never answered', async () => {
    const { app, broker } = await start();
    const ann = await app.enter('chat/blue');
    broker.onPublish = never;
    expect(await outcomeOf(app.chat.at('blue').broadcast('x'))).toBe('unknown');
    app.actOf(ann, () => app.chat.at('blue').broadcast('x'));
    expect(await ann.client.closed).toMatchObject({ code: 1013 });
  });

  it('do not know what became of a broadcast that fails', async () => {
    const { app, broker } = await start();
    broker.onPublish = () => Promise.reject(new Error('full'));
    const failed = app.chat.at('blue').broadcast('x');
    await expect(failed).rejects.toMatchObject({ outcome: 'unknown', cause: { message: 'full' } });
  });

  it('refuse more broadcasts than may wait', async () => {
    const { app, broker } = await start({ maxPendingPublishes: 2, publishTimeout: '1m' });
    const { open, opened } = gate();
    broker.onPublish = () => opened;
    const room = app.chat.at('blue');
    const outcomes = ['1', '2', '3'].map((text) => outcomeOf(room.broadcast(text)));
    expect(await outcomes[2]).toBe('refused');
    open();
    expect(await Promise.all(outcomes)).toEqual(['accepted', 'accepted', 'refused']);
    expect(await outcomeOf(room.broadcast('4'))).toBe('accepted');
  });

  it('refuse a join that it does not answer, and let the member in later', async () => {
    const { app, broker } = await start();
    const { connection } = await app.enter();
    broker.onSubscribe = never;
    expect(await outcomeOf(app.chat.at('blue').join(connection))).toBe('refused');
    expect(app.chat.at('blue').has(connection)).toBe(false);
    expect(sizeOf(app.chat.at('blue'))).toBe(0);
  });

  it('let members in again after a command that was lost with the link', async () => {
    const { app, broker } = await start();
    const { connection } = await app.enter();
    broker.onSubscribe = never;
    expect(await outcomeOf(app.chat.at('blue').join(connection))).toBe('refused');
    broker.lose();
    broker.onSubscribe = () => Promise.resolve();
    broker.recover();
    expect(await outcomeOf(app.chat.at('red').join(connection))).toBe('accepted');
    expect(await outcomeOf(app.chat.at('blue').join(connection))).toBe('accepted');
  });

  it('close a connection with 1013 whose join it refuses', async () => {
    const { app, broker } = await start();
    const member = await app.enter();
    broker.onSubscribe = () => Promise.reject(new Error('not allowed'));
    app.actOf(member, (connection) => app.chat.at('blue').join(connection));
    expect(await member.client.closed).toMatchObject({ code: 1013 });
    broker.onSubscribe = () => Promise.resolve();
    expect(await upgradeStatus(app.app, '/chat/blue')).toBe(101);
  });

  it.each([
    ['cannot be reached', () => Promise.reject(new Error('no route'))],
    ['does not answer', never],
  ] as [string, () => Promise<void>][])(
    'keep an application from starting whose broker %s',
    async (_how, onConnect) => {
      const broker = new ScriptedBroker();
      broker.onConnect = onConnect;
      const starting = RoomsApp.start(platform, { rooms: { broker, joinTimeout: 50 } });
      await expect(within(starting, 'the refusal', 3000)).rejects.toThrow(
        BrokerUnavailableException,
      );
    },
  );

  it('let an application start as soon as its broker can be reached', async () => {
    const broker = new ScriptedBroker();
    let tries = 0;
    broker.onConnect = () => {
      tries += 1;
      const refusal = new BrokerUnavailableException('ScriptedBroker', 'not yet', 'refused');
      return tries < 3 ? Promise.reject(refusal) : Promise.resolve();
    };
    const app = await RoomsApp.start(platform, { rooms: { broker, joinTimeout: 5_000 } });
    expect(tries).toBe(3);
    expect(await outcomeOf(app.chat.at('blue').broadcast('x'))).toBe('accepted');
  });

  it('keep an application from starting whose broker refuses for longer than joinTimeout', async () => {
    const broker = new ScriptedBroker();
    let tries = 0;
    broker.onConnect = () => {
      tries += 1;
      return Promise.reject(new BrokerUnavailableException('ScriptedBroker', 'not yet', 'refused'));
    };
    const starting = RoomsApp.start(platform, { rooms: { broker, joinTimeout: 600 } });
    await expect(within(starting, 'the refusal', 3000)).rejects.toThrow('Rooms are not available');
    expect(tries).toBe(3);
  });

  it('close the link with the application, and leave no timer', async () => {
    const before = await settledTimers();
    const { app, broker } = await start({ leaveDelay: '1m' });
    const [ann, bob] = await app.enterAll(2, 'chat/blue');
    await bob?.client.close();
    const red = await app.enter('chat/red');
    app.chat.at('red').leave(red.connection);
    const closing = app.app.close();
    expect(await ann?.client.closed).toMatchObject({ code: 1001 });
    await closing;
    expect(broker.closes).toBe(1);
    expect(sizeOf(app.chat.at('blue'))).toBe(0);
    expect(await outcomeOf(app.chat.at('blue').broadcast('x'))).toBe('refused');
    expect(await settledTimers()).toBeLessThanOrEqual(before);
  });

  it('close with the application though the broker never answers', async () => {
    const { app, broker } = await start();
    await app.enter('chat/blue');
    broker.onPublish = never;
    void app.chat
      .at('blue')
      .broadcast('x')
      .catch(() => undefined);
    broker.onSubscribe = never;
    const attempt = upgradeStatus(app.app, '/chat/red');
    await app.app.close(5000);
    expect(await attempt.catch(() => 503)).toBe(503);
  });
});
