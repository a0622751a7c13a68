// Compiled, not run: by TypeScript 6.0 and 5.9. What must not compile is marked, and must not.
import {
  calls,
  createClient,
  rooms,
  type Closed,
  type StandardCode,
} from 'nestjs-revali-ws-client';
import type { Routes, Said, Welcome } from './routes.js';

/** Whether both are the same type. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_is: Same<A, B>): void => undefined;

const ws = createClient<Routes>({ url: 'https://example.com', use: [calls(), rooms()] });
const query = { name: 'Ann' };
const chat = ws.connect('/chat/:room', { params: { room: 'blue' }, query });

export async function twoWay(): Promise<void> {
  await chat.send({ type: 'say', text: 'hi' });
  // @ts-expect-error: another type
  await chat.send({ type: 'said', text: 'hi' });
  // @ts-expect-error: a property is missing
  await chat.send({ type: 'say' });
  for await (const event of chat) same<typeof event, Said | Welcome>(true);
  const closed = await chat.closed;
  same<typeof closed, Closed<4001 | 4002>>(true);
  same<typeof closed.code, 4001 | 4002 | StandardCode>(true);
  // @ts-expect-error: no code of this route
  if (closed.code === 4003) return;
  chat.on('message', (message, { room }) => {
    same<typeof message, Said | Welcome>(true);
    same<typeof room, string | undefined>(true);
  });
  chat.on('gap', ({ room }) => same<typeof room, string>(true));
  // @ts-expect-error: no event
  chat.on('messages', () => undefined);
  // @ts-expect-error: it is not to be set
  chat.state = 'open';
}

export async function calling(): Promise<void> {
  const said = await chat.call('say', { text: 'hi' }, { timeout: 1_000, retry: true });
  same<typeof said, { id: number }>(true);
  const who = await chat.call('who');
  same<typeof who, string[]>(true);
  await chat.call('who', undefined, { timeout: 5 });
  await chat.call('leave');
  await chat.call('leave', { why: 'because' });
  for await (const each of chat.stream('history', { last: 3 })) same<typeof each, Said>(true);
  // @ts-expect-error: no such handler
  await chat.call('shout', { text: 'hi' });
  // @ts-expect-error: it needs a body
  await chat.call('say');
  // @ts-expect-error: another body
  await chat.call('say', { last: 3 });
  // @ts-expect-error: it takes none
  await chat.call('who', { text: 'hi' });
  // @ts-expect-error: it is a stream
  await chat.call('history', { last: 3 });
  // @ts-expect-error: it is no stream
  chat.stream('say', { text: 'hi' });
  // @ts-expect-error: a stream is not made again
  chat.stream('history', { last: 3 }, { retry: true });
}

export async function modes(): Promise<void> {
  const feed = ws.connect('/feed');
  ws.connect('/feed', { query: { since: 3 } });
  for await (const each of feed) same<typeof each, { readonly id: number }>(true);
  // @ts-expect-error: the server reads nothing
  void feed.send;
  // @ts-expect-error: it has no calls
  void feed.call;
  const sink = ws.connect('/sink');
  await sink.send({ type: 'say', text: 'hi' });
  // @ts-expect-error: the server sends nothing
  const loop: AsyncIterable<unknown> = sink;
  void loop;
}

export function handshakes(): void {
  ws.connect('/files/*path', { params: { path: ['a', 'b'] } });
  // @ts-expect-error: no such route
  ws.connect('/chats');
  // @ts-expect-error: its parameters and query are missing
  ws.connect('/chat/:room');
  // @ts-expect-error: its parameters are missing
  ws.connect('/chat/:room', { query });
  // @ts-expect-error: its query is missing
  ws.connect('/chat/:room', { params: { room: 'blue' } });
  // @ts-expect-error: another parameter
  ws.connect('/chat/:room', { params: { rom: 'blue' }, query });
  // @ts-expect-error: another query
  ws.connect('/feed', { query: { from: 3 } });
  // @ts-expect-error: it has no parameters
  ws.connect('/sink', { params: { room: 'blue' } });
  // @ts-expect-error: no option
  createClient<Routes>({ url: '/', retries: 3 });
  // @ts-expect-error: no url
  createClient<Routes>({});
}

export async function untyped(): Promise<void> {
  const any = createClient({ url: '/' }).connect('/whatever/:you', { params: { you: 'like' } });
  await any.send({ some: 'thing' });
  for await (const message of any) {
    same<typeof message, unknown>(true);
    // @ts-expect-error: nothing is known of it
    void message.text;
  }
  const result = await any.call('anything', { at: 'all' });
  same<typeof result, unknown>(true);
  const { code } = await any.closed;
  same<typeof code, number>(true);
}

export async function disposed(): Promise<void> {
  await using own = ws.connect('/feed');
  void own.state;
}
