import { Body, Controller } from '@nestjs/common';
import {
  BrokerUnavailableException,
  MemoryBroker,
  WebSocket,
  WebSocketConnection,
  type RevaliWsModuleOptions,
  type RoomsModuleOptions,
} from 'nestjs-revali-ws';

import { HistoryApp, say, story } from '../../support/apps/history-app.js';
import { platforms } from '../../support/apps/platforms.js';
import { RoomsApp, ChatRooms } from '../../support/apps/rooms-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { eventually, within } from '../../support/deadline.js';
import { gate } from '../../support/gate.js';
import { ScriptedBroker } from '../../support/faults/scripted-broker.js';

const UNAVAILABLE = {
  message: 'Rooms are not available',
  error: 'Service Unavailable',
  statusCode: 503,
};

@Controller('replying')
class ReplyingController {
  constructor(private readonly chat: ChatRooms) {}

  @WebSocket({ errors: 'reply', format: 'text' })
  say(@Body() text: string, connection: WebSocketConnection): Promise<unknown> {
    const room = this.chat.at('blue');
    return text === 'join' ? room.join(connection) : room.broadcast(text);
  }
}

describe.each(platforms)('Rooms in an outage ($name)', (platform) => {
  afterEach(closeAllApps);

  async function start(
    rooms: RoomsModuleOptions = {},
    forRoot: RevaliWsModuleOptions = {},
  ): Promise<{ app: RoomsApp; broker: MemoryBroker }> {
    const broker = new MemoryBroker();
    const options = { broker, joinTimeout: 300, publishTimeout: 100, ...rooms };
    const app = await RoomsApp.start(
      platform,
      { ...forRoot, rooms: options },
      { controllers: [ReplyingController] },
    );
    return { app, broker };
  }

  it('tell a broadcast that was refused from one of which nobody knows', async () => {
    const { app, broker } = await start();
    const room = app.chat.at('blue');
    broker.pause();
    await expect(room.broadcast('x')).rejects.toMatchObject({ outcome: 'unknown' });
    const underWay = room.broadcast('x');
    broker.partition();
    await expect(underWay).rejects.toMatchObject({ outcome: 'unknown' });
    await expect(room.broadcast('x')).rejects.toMatchObject({ outcome: 'refused' });
  });

  it('let open connections go on, and who joins a room that is there', async () => {
    const { app, broker } = await start();
    const ann = await app.enter('chat/blue');
    broker.partition();
    app.actOf(ann, () => 'an answer');
    expect(await ann.client.text()).toBe('an answer');
    const bob = await app.enter('chat/blue');
    await app.chat.at('blue').broadcast('here', { local: true });
    expect(await bob.client.text()).toBe('here');
  });

  it('let a handshake wait for the broker, and refuse it with 503 after joinTimeout', async () => {
    const { app, broker } = await start();
    broker.partition();
    const began = performance.now();
    await expect(app.app.connect('/chat/blue')).rejects.toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: JSON.stringify(UNAVAILABLE),
    });
    expect(performance.now() - began).toBeGreaterThan(250);
    const waiting = app.enter('chat/blue');
    broker.heal();
    const { client } = await waiting;
    await app.chat.at('blue').broadcast('back');
    expect(await client.text()).toBe('back');
  });

  it("refuse it with 4503 where refusal is 'close'", async () => {
    const { app, broker } = await start({ joinTimeout: 20 }, { refusal: 'close' });
    broker.pause();
    const client = await app.app.connect('/chat/blue');
    expect(await client.closed).toMatchObject({ code: 4503, reason: UNAVAILABLE.message });
  });

  it('let join() wait for the broker, and reject after joinTimeout', async () => {
    const { app, broker } = await start();
    const { connection } = await app.enter();
    broker.partition();
    await expect(app.chat.at('blue').join(connection)).rejects.toMatchObject({
      outcome: 'refused',
      message: expect.stringMatching(
        /MemoryBroker: no answer within 300 ms.*rooms\.status/,
      ) as unknown,
    });
    const waiting = app.chat.at('blue').join(connection);
    broker.heal();
    await within(waiting, 'the join');
    expect(app.chat.at('blue').has(connection)).toBe(true);
  });

  it("answer a broadcast and a join with 503 where errors is 'reply'", async () => {
    const { app, broker } = await start({ joinTimeout: 20 });
    const client = await app.app.connect('/replying');
    broker.partition();
    for (const text of ['hi', 'join']) {
      client.send(text);
      expect(await client.json()).toEqual({ error: UNAVAILABLE });
    }
    broker.heal();
    client.send('hi');
    await client.expectNothing();
    expect(client.isOpen).toBe(true);
  });

  it('answer an HTTP controller with 503, and tell its client nothing of the broker', async () => {
    const { app, broker } = await start();
    broker.partition();
    app.controller.post = (name) => app.chat.at(name).broadcast('x');
    const answer = await app.post('blue');
    expect([answer.status, await answer.json()]).toEqual([503, UNAVAILABLE]);
  });

  it("deliver to the members that are here where outage.deliver is 'local'", async () => {
    const broker = new MemoryBroker();
    const outage = { deliver: 'local' } as const;
    const [one, two] = [
      await HistoryApp.start(platform, { broker, outage }),
      await HistoryApp.start(platform, { broker, outage }),
    ];
    const [here, there] = [await one.headed('bare/a'), await two.headed('bare/a')];
    broker.partition(0);
    const room = one.bare.at('a');
    expect(await room.broadcast('half', { receipt: true })).toEqual({ scope: 'local' });
    await expect(one.kept.at('a').broadcast('x')).rejects.toThrow(BrokerUnavailableException);
    broker.heal(0);
    expect(await story(here, 4)).toEqual(['j 0', 'welcome', 'm half', 'g']);
    expect(await room.broadcast('whole', { receipt: true })).toEqual({ scope: 'all' });
    expect(await story(there, 3)).toEqual(['j 0', 'welcome', 'm whole']);
  });

  it('close their members with 1013 after outage.closeAfter, and take nobody back meanwhile', async () => {
    const { app, broker } = await start({ outage: { closeAfter: 30 }, joinTimeout: 20 });
    const [ann, free] = [await app.enter('chat/blue'), await app.enter()];
    broker.partition();
    expect(await ann.client.closed).toMatchObject({ code: 1013, reason: 'Try again later' });
    await expect(app.app.connect('/chat/blue')).rejects.toMatchObject({ status: 503 });
    broker.heal();
    await app.enter('chat/blue');
    expect(free.client.isOpen).toBe(true);
  });

  it('are logged when the broker is lost, and when it is back: how long, and how many gaps', async () => {
    const { apps, broker } = await HistoryApp.cluster(platform, 2);
    const [one, two] = apps;
    if (!one || !two) throw new Error('nobody');
    for (const path of ['short/a', 'kept/a', 'bare/a']) await one.headed(path);
    broker.partition(0);
    await say(two.kept.at('a'), '1', '2');
    await say(two.short.at('a'), '1', '2', '3', '4', '5', '6', '7');
    await expect(one.kept.at('a').broadcast('x')).rejects.toThrow('Rooms are not available');
    broker.heal(0);
    // Nest has one logger for all applications of a process: the last one's.
    const told = (): string[] =>
      two.app.logs.entries
        .filter(({ context }) => context === 'WebSocketRooms')
        .map(({ level, message }) => `${level} ${message}`);
    await eventually(() => expect(told()).toHaveLength(2), 'two lines');
    expect(told()).toEqual([
      'warn MemoryBroker is lost: broadcasts are refused, and may be missed',
      expect.stringMatching(/^log MemoryBroker is back after \d+ ms\. Gaps in rooms: 2$/),
    ]);
  });

  it('say how they are, for readiness probes', async () => {
    const { app, broker } = await start();
    const seen: string[] = [];
    const watching = app.plain.statusChanges.subscribe((status) => seen.push(status));
    broker.partition();
    expect([app.plain.status, app.chat.status]).toEqual(['lost', 'lost']);
    broker.heal();
    expect(seen).toEqual(['ready', 'lost', 'ready']);
    watching.unsubscribe();
  });

  it("become ready by themselves where startup is 'background'", async () => {
    const broker = new ScriptedBroker();
    broker.onConnect = () => Promise.reject(new Error('connect ECONNREFUSED'));
    const app = await RoomsApp.start(platform, { rooms: { broker, startup: 'background' } });
    expect(app.chat.status).toBe('connecting');
    await eventually(
      () =>
        expect(app.app.logs.entries.map(({ message }) => message).join('\n')).toContain(
          'connect ECONNREFUSED',
        ),
      'the line',
    );
    const waiting = app.enter('chat/blue');
    broker.onConnect = () => Promise.resolve();
    await eventually(() => expect(app.chat.status).toBe('ready'), 'the link', 3_000);
    const { client } = await waiting;
    await app.chat.at('blue').broadcast('hi');
    expect(await client.text()).toBe('hi');
  });

  it('wait at the end for broadcasts that are under way, and close the link after them', async () => {
    const broker = new ScriptedBroker();
    const app = await RoomsApp.start(platform, { rooms: { broker, publishTimeout: 5_000 } });
    const { open, opened } = gate();
    broker.onPublish = () => opened;
    const underWay = app.chat.at('blue').broadcast('last');
    const closing = app.app.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(broker.closes).toBe(0);
    open();
    await underWay;
    await closing;
    expect(broker.closes).toBe(1);
  });
});
