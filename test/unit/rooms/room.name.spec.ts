import * as fc from 'fast-check';

import { InvalidRoomNameException } from '../../../lib/errors/room.exceptions.js';
import { roomKeyOf } from '../../../lib/rooms/room.name.js';

const refuse = (name: unknown): void =>
  expect(() => roomKeyOf('chat', name)).toThrow(InvalidRoomNameException);

describe('The name of a room', () => {
  it.each(['a', '0', 'a/b', '>', '*', 'a.b.>', '{x}', 'ä', '日本', '🚀', '__proto__', '..', '%20'])(
    'may be %s',
    (name) => {
      expect(roomKeyOf('chat', name)).toBe(`chat/${name}`);
    },
  );

  it('is not empty', () => refuse(''));

  it.each([undefined, null, 1, ['a'], { toString: () => 'a' }, Symbol('a')])(
    'is nothing but a text',
    (name) => refuse(name),
  );

  it('has no control character, wherever', () => {
    const codes = [...Array(0x21).keys(), ...Array.from({ length: 0x22 }, (_, at) => 0x7f + at)];
    for (const code of [...codes, 0x2028, 0x2029, 0xfeff]) {
      const character = String.fromCharCode(code);
      for (const name of [character, `a${character}`, `${character}a`, `a${character}b`])
        refuse(name);
    }
  });

  it.each(['a b', ' ', 'a\r\nX: y', 'a\tb', 'a\u0000', 'a\u00a0b'])('has no space: %j', (name) =>
    refuse(name),
  );

  it.each(['\ud800', 'a\udfff', '\udc00\ud800'])('has no half of a character: %j', (name) =>
    refuse(name),
  );

  it('has up to 200 bytes of UTF-8', () => {
    expect(roomKeyOf('chat', 'a'.repeat(200))).toHaveLength(205);
    expect(roomKeyOf('chat', '🚀'.repeat(50))).toBe(`chat/${'🚀'.repeat(50)}`);
    refuse('a'.repeat(201));
    refuse(`${'🚀'.repeat(50)}a`);
    refuse('ä'.repeat(101));
  });

  it('tells nothing of itself when it is refused', () => {
    try {
      roomKeyOf('chat', '<script> ');
    } catch (error) {
      expect(JSON.stringify(error instanceof InvalidRoomNameException && error.getResponse())).toBe(
        '{"message":"Invalid room name","error":"Bad Request","statusCode":400}',
      );
    }
    expect.assertions(1);
  });

  it('makes keys that differ wherever kinds or names do', () => {
    const name = fc.string({
      minLength: 1,
      maxLength: 8,
      unit: fc.constantFrom('a', 'b', '/', '*'),
    });
    const kind = fc.constantFrom('a', 'b', 'a-b');
    fc.assert(
      fc.property(kind, name, kind, name, (kindA, a, kindB, b) => {
        expect(roomKeyOf(kindA, a) === roomKeyOf(kindB, b)).toBe(kindA === kindB && a === b);
      }),
    );
  });
});
