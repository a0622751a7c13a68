import { Invocation } from '../../../lib/message/invocation.js';
import { MessageBody } from '../../../lib/message/message.body.js';
import { createDispatcher, type DispatchParts } from '../../../lib/message/message.dispatch.js';
import type { MessageHandler } from '../../../lib/message/message.handler.js';
import { fakeConnection } from '../fake.connection.js';

const TYPES = ['say', 'tell'];

/** A dispatcher whose handlers note their names. */
function stage(parts: Partial<DispatchParts> = {}) {
  const notes: string[] = [];
  const noting =
    (name: string): MessageHandler =>
    () =>
      void notes.push(name);
  const handlers = new Map(TYPES.map((type) => [type, noting(type)]));
  const dispatch = createDispatcher({
    types: { by: 'type', body: undefined },
    format: 'auto',
    maxDepth: 100,
    handlers,
    rest: undefined,
    onConnect: undefined,
    onError: (error) => void notes.push(error instanceof Error ? error.message : 'no error'),
    onPromisedType: () => void notes.push('a promise'),
    ...parts,
  });
  const receive = (payload: string): Invocation => {
    const body = new MessageBody(Buffer.from(payload), false);
    const invocation = new Invocation(fakeConnection(), body);
    void dispatch(invocation);
    return invocation;
  };
  return { notes, handlers, receive, dispatch };
}

/** Any JSON, with the names of handlers and of `Object.prototype` in it. */
function anyValue(random: () => number, depth = 0): unknown {
  const pick = <T>(items: readonly T[]): T | undefined =>
    items[Math.floor(random() * items.length)];
  const names = ['say', 'tell', 'type', 'toString', 'valueOf', 'constructor', '__proto__x', ''];
  const kind = random();
  if (kind < 0.4 || depth > 3) return pick([...names, 0, 1, -1, true, false, null]);
  if (kind < 0.6) return Array.from({ length: 2 }, () => anyValue(random, depth + 1));
  return Object.fromEntries(
    Array.from({ length: 3 }, () => [pick(names) ?? '', anyValue(random, depth + 1)]),
  );
}

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

describe('createDispatcher', () => {
  it('calls the handler of exactly the own type, whatever the message is', () => {
    const random = randomOf(17);
    for (let round = 0; round < 5_000; round += 1) {
      const { notes, receive } = stage();
      const message = anyValue(random);
      receive(JSON.stringify(message));
      const isObject = typeof message === 'object' && message !== null;
      const type: unknown =
        isObject && Object.hasOwn(message, 'type') ? Reflect.get(message, 'type') : undefined;
      const isTaken = typeof type === 'string' && TYPES.includes(type);
      const expected = isTaken ? type : 'Unknown message type';
      // What pollutes prototypes is not even read.
      if (notes[0] !== 'Invalid payload') expect(notes).toEqual([expected]);
    }
  });

  it('learns no type from a client', () => {
    const { handlers, receive } = stage();
    for (let round = 0; round < 1_000; round += 1) receive(`{"type":"type-${round}"}`);
    expect([...handlers.keys()]).toEqual(TYPES);
  });

  it('leaves the whole message to the rest, and a part to the others', () => {
    const rest: MessageHandler = () => undefined;
    const { receive } = stage({ rest, types: { by: 'type', body: 'data' } });
    expect(receive('{"type":"say","data":[1]}').body?.read('json')).toEqual([1]);
    expect(receive('{"type":"nobody","data":[1]}').body?.read('json')).toEqual({
      type: 'nobody',
      data: [1],
    });
    expect(receive('{"type":"say"}').body?.read('json')).toBeUndefined();
    expect(receive('{"type":"say","data":"hi"}').body?.read('text')).toBe('hi');
    const body = receive('{"type":"say","data":5}').body;
    expect(() => body?.read('text')).toThrow('Invalid payload');
  });

  it('reads own properties alone', () => {
    const { receive } = stage({ types: { by: 'type', body: 'toString' } });
    expect(receive('{"type":"say"}').body?.read('json')).toBeUndefined();
    class Inherited {
      get type(): string {
        return 'say';
      }
    }
    const format = { decode: () => new Inherited(), encode: () => '' };
    const coded = stage({ format });
    coded.receive('');
    expect(coded.notes).toEqual(['Unknown message type']);
  });

  it('has nothing to do on connect where nobody asks for it', () => {
    const { dispatch, notes } = stage();
    expect(dispatch(new Invocation(fakeConnection(), undefined))).toBeUndefined();
    expect(notes).toEqual([]);
  });

  it('answers an exception of the function that tells types, where it says what', () => {
    class Refused extends Error {
      getError(): string {
        return this.message;
      }
    }
    const by = (): string => {
      throw new Refused('Not now');
    };
    const { notes, receive } = stage({
      types: { by, body: undefined },
      rest: () => void notes.push('rest'),
    });
    receive('{}');
    expect(notes).toEqual(['Not now']);
  });
});
