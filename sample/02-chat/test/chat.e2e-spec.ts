import type { TestWebSocket } from 'nestjs-revali-ws/testing';
import { connect } from 'nestjs-revali-ws/testing';

import { RecordingLogger } from '../../../test/support/records/recording-logger.js';
import { closeAllApps, type RunningApp } from '../../../test/support/apps/running-app.js';
import type { TestClient } from '../../../test/support/clients/test-client.js';
import { connectTo } from '../../support/sample-client.js';
import { startSample } from '../../support/start-sample.js';
import type { Said, WhoEvent } from '../src/chat/chat.events.js';
import { ChatRooms } from '../src/chat/chat.rooms.js';
import { createApp } from '../src/create-app.js';

const invalid = (...message: string[]) => ({ statusCode: 400, error: 'Bad Request', message });
const UNREADABLE = { statusCode: 400, message: 'Invalid payload' };
const UNKNOWN = { statusCode: 400, message: 'Unknown message type' };

const ADA = { key: 'ada', name: 'Ada' };
const said = (n: number): Said => ({ type: 'said', from: ADA, text: `${n}`, at: '' });

describe('the chat sample', () => {
  let sample: RunningApp;
  const enter = (name: string, room = 'lobby') =>
    sample.connect(`/chat/${room}?name=${encodeURIComponent(name)}`);
  const say = (client: TestClient, text: unknown) =>
    client.send(JSON.stringify({ type: 'say', text }));
  const lobby = () => sample.app.get(ChatRooms).at('lobby');

  beforeEach(async () => {
    sample = await startSample(createApp);
  });
  afterEach(closeAllApps);

  it('passes on what is said, to everybody in the room and to nobody else', async () => {
    const [ada, eve] = [await enter('Ada'), await enter('Eve', 'other')];
    expect(await ada.json()).toEqual({ type: 'welcome', you: ADA });
    expect(await eve.json()).toEqual({ type: 'welcome', you: { key: 'eve', name: 'Eve' } });
    const ben = await enter('Ben');
    expect(await ben.json()).toMatchObject({ type: 'welcome', you: { name: 'Ben' } });

    say(ada, '  hello ');
    const hello = await ada.json<Said>();
    expect(hello).toMatchObject({ type: 'said', from: ADA, text: 'hello' });
    expect(Date.parse(hello.at)).toBeGreaterThan(Date.now() - 60_000);
    expect(await ben.json()).toEqual(hello);

    ben.send('{"type":"typing"}');
    expect(await ada.json()).toEqual({ type: 'typing', name: 'Ben' });
    await ben.expectNothing();
    await eve.expectNothing();
  });

  it('tells those who come later what was said last, and not who was typing', async () => {
    const ada = await enter('Ada');
    await ada.json();
    for (let n = 1; n <= 50; n += 1) await lobby().broadcast(said(n));
    ada.send('{"type":"typing"}');
    say(ada, 'newest');
    for (let n = 1; n <= 51; n += 1) await ada.json();
    await ada.close();

    const ben = await enter('Ben');
    const texts: string[] = [];
    for (let n = 1; n <= 50; n += 1) texts.push((await ben.json<Said>()).text);
    expect([texts[0], ...texts.slice(-2)]).toEqual(['2', '50', 'newest']);
    expect(await ben.json()).toMatchObject({ type: 'welcome' });
  });

  it('tells who is here, who comes, and who goes and does not come back', async () => {
    const who = await connectTo(sample, '/chat/lobby/who', { query: { name: 'Ada' } });
    const next = () => who.json<WhoEvent>();
    expect(await next()).toEqual({ type: 'here', present: [] });
    const tab = await enter('Ada');
    expect(await next()).toEqual({ type: 'joined', key: 'ada', member: { name: 'Ada' } });
    const other = await enter('Ada');
    await enter('Ben');
    expect(await next()).toEqual({ type: 'joined', key: 'ben', member: { name: 'Ben' } });

    await tab.close();
    await other.close();
    const reloaded = await enter('Ada');
    await enter('Cleo');
    expect(await next()).toMatchObject({ type: 'joined', key: 'cleo' });
    await reloaded.close();
    expect(await next()).toEqual({ type: 'left', key: 'ada', member: { name: 'Ada' } });
    expect(await lobby().presence()).toMatchObject([{ key: 'ben' }, { key: 'cleo' }]);
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
    ['/chat/Lobby/who?name=Ada', 4400, "A room's name has 1 to 32 of a-z, 0-9 and -"],
  ])('does not let in %s', async (path, code, reason) => {
    const ada = await enter('Ada');
    await ada.json();
    const other = await sample.connect(path);
    expect(await other.closed).toMatchObject({ code, reason });
    expect(other.received).toBe(0);
    // Ada is still here, and heard nothing of it.
    await ada.expectNothing();
    expect(await lobby().presence()).toMatchObject([{ key: 'ada', connections: 1 }]);
  });

  it('lets in names of other scripts', async () => {
    const client = await enter('Zoë अनीता');
    expect(await client.json()).toMatchObject({ you: { name: 'Zoë अनीता' } });
  });

  it('ends who floods the room', async () => {
    const ada = await enter('Ada');
    for (let n = 0; n <= 50; n += 1) ada.send('{"type":"typing"}');
    expect(await ada.closed).toMatchObject({ code: 1008, reason: 'Too many messages' });
  });
});

describe('a member who does not read', () => {
  it('catches up when it reads again', async () => {
    const { slow, end } = await sayToSlow(45);
    try {
      slow.resume();
      for (let n = 1; n <= 45; n += 1)
        expect(await slow.json<Said>()).toMatchObject({ text: `${n}` });
    } finally {
      await end();
    }
  });

  it('is let go with 1008 where it has missed more than is kept', async () => {
    const { slow, end } = await sayToSlow(300);
    try {
      slow.resume();
      expect(await slow.closed).toEqual({ code: 1008, reason: 'Slow consumer' });
    } finally {
      await end();
    }
  });
});

/** Without a port: there is no kernel in between that would take megabytes for the client. */
async function sayToSlow(
  count: number,
): Promise<{ slow: TestWebSocket; end: () => Promise<void> }> {
  const app = await createApp({ logger: new RecordingLogger() });
  await app.init();
  const ada = await connect(app, '/chat/lobby', { query: { name: 'Ada' } });
  const slow = await connect(app, '/chat/lobby', { query: { name: 'Slow' } });
  await ada.json();
  await slow.json();
  slow.pause();
  const room = app.get(ChatRooms).at('lobby');
  for (let n = 1; n <= count; n += 1) {
    await room.broadcast({ ...said(n), at: 'x'.repeat(20_000) });
    // Nobody waits for the slow one.
    expect(await ada.json<Said>()).toMatchObject({ text: `${n}` });
  }
  return { slow, end: () => app.close() };
}
