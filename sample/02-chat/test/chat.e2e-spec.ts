import { connect } from 'nestjs-revali-ws/testing';

import { RecordingLogger } from '../../../test/support/records/recording-logger.js';
import { closeAllApps, type RunningApp } from '../../../test/support/apps/running-app.js';
import type { TestClient } from '../../../test/support/clients/test-client.js';
import { startSample } from '../../support/start-sample.js';
import type { ChatEvent, Said } from '../src/chat/chat.events.js';
import { Rooms } from '../src/chat/rooms.js';
import { createApp } from '../src/create-app.js';

const invalid = (...message: string[]) => ({ statusCode: 400, error: 'Bad Request', message });
const UNREADABLE = { statusCode: 400, message: 'Invalid payload' };
const UNKNOWN = { statusCode: 400, message: 'Unknown message type' };

describe('the chat sample', () => {
  let sample: RunningApp;
  const enter = (name: string, room = 'lobby') =>
    sample.connect(`/chat/${room}?name=${encodeURIComponent(name)}`);
  const say = (client: TestClient, text: unknown) =>
    client.send(JSON.stringify({ type: 'say', text }));

  beforeEach(async () => {
    sample = await startSample(createApp);
  });
  afterEach(closeAllApps);

  it('passes on what is said, to everybody in the room and to nobody else', async () => {
    const [ada, eve] = [await enter('Ada'), await enter('Eve', 'other')];
    expect(await ada.json()).toEqual({ type: 'welcome', members: ['Ada'], history: [] });
    expect(await eve.json()).toEqual({ type: 'welcome', members: ['Eve'], history: [] });
    const ben = await enter('Ben');
    expect(await ben.json()).toMatchObject({ type: 'welcome', members: ['Ada', 'Ben'] });
    expect(await ada.json()).toEqual({ type: 'joined', name: 'Ben', members: ['Ada', 'Ben'] });

    say(ada, '  hello ');
    const said = await ada.json<Said>();
    expect(said).toMatchObject({ type: 'said', from: 'Ada', text: 'hello' });
    expect(Date.parse(said.at)).toBeGreaterThan(Date.now() - 60_000);
    expect(await ben.json()).toEqual(said);

    ben.send('{"type":"typing"}');
    expect(await ada.json()).toEqual({ type: 'typing', name: 'Ben' });
    await ben.close();
    expect(await ada.json()).toEqual({ type: 'left', name: 'Ben', members: ['Ada'] });
    await eve.expectNothing();
  });

  it('tells those who come later what was said last', async () => {
    const ada = await enter('Ada');
    await ada.json();
    for (let n = 1; n <= 49; n += 1) sample.app.get(Rooms).at('lobby').say('Ada', `older ${n}`);
    say(ada, 'newer');
    for (let n = 1; n <= 50; n += 1) await ada.json();
    await ada.close();

    const ben = await enter('Ben');
    const welcome = await ben.json<{ history: { text: string }[] }>();
    expect(welcome.history.map(({ text }) => text).slice(-2)).toEqual(['older 49', 'newer']);
    expect(welcome.history).toHaveLength(50);
    sample.app.get(Rooms).at('lobby').say('Ben', 'newest');
    expect(sample.app.get(Rooms).at('lobby').history[0]).toMatchObject({ text: 'older 2' });
  });

  it.each([
    ['{"type":"say","text":""}', invalid('A message has 1 to 500 characters')],
    ['{"type":"say","text":7}', invalid('A message has 1 to 500 characters')],
    ['{"type":"say"}', invalid('A message has 1 to 500 characters')],
    ['{"type":"say","text":"hello","by":"Eve"}', invalid('property by should not exist')],
    ['{"type":"typing","by":"Eve"}', invalid('property by should not exist')],
    ['{"type":"constructor"}', UNKNOWN],
    ['{"type":["say"],"text":"hello"}', UNKNOWN],
    ['{"text":"hello"}', UNKNOWN],
    ['[]', UNKNOWN],
    ['null', UNKNOWN],
    ['hello', UNREADABLE],
  ])('answers %s with what is wrong, and goes on', async (message, error) => {
    const ada = await enter('Ada');
    await ada.json();
    ada.send(message);
    expect(await ada.json()).toEqual({ error });
    say(ada, 'hello');
    expect(await ada.json()).toMatchObject({ type: 'said', text: 'hello' });
  });

  it.each([
    ['/chat/lobby', 4400, 'A name has 1 to 24 letters, digits or spaces'],
    ['/chat/lobby?name=Ada&name=Ben', 4400, 'A name has 1 to 24 letters, digits or spaces'],
    ['/chat/lobby?name=%20', 4400, 'A name has 1 to 24 letters, digits or spaces'],
    [`/chat/lobby?name=${'x'.repeat(25)}`, 4400, 'A name has 1 to 24 letters, digits or spaces'],
    ['/chat/Lobby?name=Ada', 4400, "A room's name has 1 to 32 of a-z, 0-9 and -"],
    ['/chat/lobby?name=ADA', 4409, 'ADA is already here'],
  ])('does not let in %s', async (path, code, reason) => {
    const ada = await enter('Ada');
    await ada.json();
    const other = await sample.connect(path);
    expect(await other.closed).toMatchObject({ code, reason });
    expect(other.received).toBe(0);
    // Ada is still here, and heard nothing of it.
    await ada.expectNothing();
    expect(sample.app.get(Rooms).at('lobby').names).toEqual(['Ada']);
  });

  it('lets in names of other scripts', async () => {
    const client = await enter('Zoë अनीता');
    expect(await client.json()).toMatchObject({ members: ['Zoë अनीता'] });
  });

  it('ends who floods the room', async () => {
    const ada = await enter('Ada');
    for (let n = 0; n <= 50; n += 1) ada.send('{"type":"typing"}');
    expect(await ada.closed).toMatchObject({ code: 1008, reason: 'Too many messages' });
  });
});

describe('a member who does not read', () => {
  it('is let go with 1008, and nobody else notices', async () => {
    const app = await createApp({ logger: new RecordingLogger() });
    await app.init();
    try {
      // Without a port: there is no kernel in between that would take megabytes for the client.
      const ada = await connect(app, '/chat/lobby', { query: { name: 'Ada' } });
      const slow = await connect(app, '/chat/lobby', { query: { name: 'Slow' } });
      expect([await ada.json(), await ada.json()]).toMatchObject([{ members: ['Ada'] }, {}]);
      await slow.json();
      slow.pause();

      const room = app.get(Rooms).at('lobby');
      let left: ChatEvent | undefined;
      for (let n = 0; left === undefined; n += 1) {
        expect(n).toBeLessThan(2000);
        room.say('Ada', 'x'.repeat(500));
        const event = await ada.json<ChatEvent>();
        if (event.type === 'left') left = event;
      }
      expect(left).toEqual({ type: 'left', name: 'Slow', members: ['Ada'] });
      slow.resume();
      expect(await slow.closed).toEqual({ code: 1008, reason: 'Slow consumer' });
      expect(ada.isOpen).toBe(true);
    } finally {
      await app.close();
    }
  });
});
