// Compiled, not run: routes from the methods of a controller.
import { createClient, type RouteOf, type Wire } from 'nestjs-revali-ws-client';

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_is: Same<A, B>): void => undefined;

class Message {
  text = '';
  at = new Date();
  tags: (string | undefined)[] = [];
  count?: number;
  shout(): string {
    return this.text.toUpperCase();
  }
}

interface OnWire {
  text: string;
  at: string;
  tags: (string | null)[];
  count?: number | undefined;
}

/** As that of rxjs. */
declare class Observable<T> {
  subscribe(observer?: { next?: (value: T) => void } | ((value: T) => void)): object;
}

declare class Sender<T> {
  send(data: T): Promise<void>;
}

declare class ChatController {
  one(room: string, message: Message): Promise<Message>;
  stream(): AsyncGenerator<Message>;
  observed(): Observable<{ n: number }>;
  sent(sender: Sender<{ m: number }>): void;
  bytes(data: Uint8Array): Uint8Array;
  nothing(message: string): void;
}

interface Routes {
  '/one/:room': RouteOf<ChatController['one'], 1, { params: { room: string }; closes: 4001 }>;
  '/stream': RouteOf<ChatController['stream'], -1, { mode: 'sendOnly' }>;
  '/observed': RouteOf<ChatController['observed']>;
  '/sent': RouteOf<ChatController['sent']>;
  '/bytes': RouteOf<ChatController['bytes'], 0>;
  '/nothing': RouteOf<ChatController['nothing'], 0, { mode: 'receiveOnly' }>;
}

const ws = createClient<Routes>({ url: '/' });

export async function all(): Promise<void> {
  const one = ws.connect('/one/:room', { params: { room: 'blue' } });
  for await (const each of one) {
    const wire: OnWire = each;
    same<typeof each.at, string>(true);
    void wire;
    // @ts-expect-error: methods are not on the wire
    void each.shout;
  }
  await one.send({ text: 'hi', at: '2026', tags: ['a', null] });
  // @ts-expect-error: a Date is a string on the wire
  await one.send({ text: 'hi', at: new Date(), tags: [] });
  const stream = ws.connect('/stream');
  for await (const each of stream) same<typeof each.text, string>(true);
  // @ts-expect-error: the server reads nothing
  void stream.send;
  for await (const each of ws.connect('/observed')) same<typeof each, { n: number }>(true);
  for await (const each of ws.connect('/sent')) same<typeof each, { m: number }>(true);
  const bytes = ws.connect('/bytes');
  await bytes.send(new Uint8Array(3));
  for await (const each of bytes) same<typeof each, ArrayBuffer>(true);
  await ws.connect('/nothing').send('hi');
  // @ts-expect-error: no string
  await ws.connect('/nothing').send(3);
  same<Wire<Map<string, number>>, object>(true);
  same<Wire<{ toJSON(): { a: Date } }>, { a: string }>(true);
}
