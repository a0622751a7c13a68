import { decodeJson, decodeText, decodeUnknown } from '../../../lib/message/message.body.js';
import {
  InvalidPayloadException,
  UnserializableMessageException,
} from '../../../lib/errors/revali-ws.exceptions.js';
import { encoderOf } from '../../../lib/send/message.encoder.js';

describe("encoder 'auto'", () => {
  const encode = encoderOf('auto');

  it.each([
    ['', ''],
    ['plain "text"', 'plain "text"'],
    [0, '0'],
    [false, 'false'],
    [null, 'null'],
    [[1, 'a'], '[1,"a"]'],
    [{ a: { b: 1 } }, '{"a":{"b":1}}'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [new Map([[1, 2]]), '{}'],
    [Number.NaN, 'null'],
  ])('writes %p as the text %p', (value, text) => {
    expect(encode(value)).toBe(text);
  });

  it.each([
    ['a Buffer', Buffer.from([1, 2])],
    ['a Uint8Array', Uint8Array.of(1, 2)],
    ['an ArrayBuffer', Uint8Array.of(1, 2).buffer],
    ['a SharedArrayBuffer', sharedBytes(1, 2)],
    ['a DataView on a part', new DataView(Uint8Array.of(0, 1, 2, 3).buffer, 1, 2)],
    ['a typed array of wider numbers', Uint16Array.of(0x0201)],
    ['a part of a typed array', Uint8Array.of(0, 1, 2, 3).subarray(1, 3)],
  ])('writes the bytes of %s', (_name, value) => {
    const payload = encode(value);
    expect(payload).toBeInstanceOf(Uint8Array);
    expect([...Buffer.from(payload)]).toEqual([1, 2]);
  });

  it('does not copy bytes', () => {
    const bytes = Uint8Array.of(1);
    expect(encode(bytes)).toBe(bytes);
  });

  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  it.each([
    ['a BigInt', 1n],
    ['a BigInt inside', { n: 1n }],
    ['a cycle', cycle],
    ['a throwing toJSON', { toJSON: throwAlways }],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
  ])('refuses %s', (_name, value) => {
    expect(() => encode(value)).toThrow(UnserializableMessageException);
  });

  it('keeps the reason of a refusal as its cause', () => {
    expect.assertions(1);
    try {
      encode(1n);
    } catch (error) {
      expect(error).toHaveProperty('cause.name', 'TypeError');
    }
  });
});

describe('the other encoders', () => {
  it("'raw' writes as 'auto' does", () => {
    expect(encoderOf('raw')('a')).toBe('a');
    expect(encoderOf('raw')({ a: 1 })).toBe('{"a":1}');
  });

  it("'json' writes strings in quotes, too", () => {
    expect(encoderOf('json')('a')).toBe('"a"');
    expect(encoderOf('json')([1])).toBe('[1]');
  });

  it("'text' writes bytes as UTF-8", () => {
    expect(encoderOf('text')(Buffer.from('é'))).toBe('é');
    expect(encoderOf('text')({ a: 1 })).toBe('{"a":1}');
  });

  it("'binary' writes text as UTF-8 bytes", () => {
    expect(encoderOf('binary')('é')).toEqual(Buffer.from('é'));
    expect(encoderOf('binary')({ a: 1 })).toEqual(Buffer.from('{"a":1}'));
  });

  it('asks a codec of the application, and says so where it fails', () => {
    const encode = encoderOf({
      decode: () => undefined,
      encode: (value) => {
        if (value === 'bad') throw new Error('no');
        return `<${String(value)}>`;
      },
    });
    expect(encode('a')).toBe('<a>');
    expect(() => encode('bad')).toThrow(UnserializableMessageException);
  });

  it.each(['json', 'text', 'binary'] as const)("'%s' refuses what has no JSON form", (format) => {
    expect(() => encoderOf(format)({ n: 1n })).toThrow(UnserializableMessageException);
  });
});

describe('decoding', () => {
  it('reads UTF-8 out of a binary frame and refuses what is not UTF-8', () => {
    expect(decodeText(Buffer.from('é€😀'), true)).toBe('é€😀');
    expect(() => decodeText(Buffer.of(0xff), true)).toThrow(InvalidPayloadException);
  });

  it.each(['1', '"a"', 'null', '[1]', '{"a":1}', ' {"a":1} '])('reads the JSON %s', (text) => {
    expect(decodeJson(text)).toEqual(JSON.parse(text));
  });

  it.each(['', '{', 'undefined', "{'a':1}", 'NaN', '{"a":1}x', '\uFEFF'])(
    'refuses %p as JSON',
    (text) => {
      expect(() => decodeJson(text)).toThrow(InvalidPayloadException);
    },
  );

  it.each([
    '{"__proto__":{"a":1}}',
    '{"a":{"__proto__":{"b":1}}}',
    '{"constructor":{"prototype":{"a":1}}}',
    '{"\\u005f\\u005fproto__":{"a":1}}',
    '[{"__proto__":1}]',
    '{"__proto\\u005f_":1}',
    '{"\\u0063onstructor":{"prototype":{"a":1}}}',
    '{"constructo\\u0072" : {"prototype":{"a":1}}}',
    '\uFEFF{"__proto__":1}',
  ])('refuses the polluting %s', (text) => {
    expect(() => decodeJson(text)).toThrow(InvalidPayloadException);
    expect(() => decodeUnknown(Buffer.from(text), false)).toThrow(InvalidPayloadException);
  });

  it('passes over a byte order mark before JSON', () => {
    expect(decodeJson('\uFEFF{"a":1}')).toEqual({ a: 1 });
    expect(decodeUnknown(Buffer.from('\uFEFF{"a":1}'), false)).toEqual({ a: 1 });
  });

  it('takes a harmless field named constructor', () => {
    expect(decodeJson('{"constructor":"Bob"}')).toEqual({ constructor: 'Bob' });
  });

  it.each([
    ['{"a":1}', { a: 1 }],
    [' [1]', [1]],
    ['{not json', '{not json'],
    ['[1', '[1'],
    ['1', '1'],
    ['"a"', '"a"'],
    ['null', 'null'],
    ['', ''],
    ['hello', 'hello'],
  ])('reads %p without a type as %p', (text, value) => {
    expect(decodeUnknown(Buffer.from(text), false)).toEqual(value);
    expect(decodeUnknown(Buffer.from(text), true)).toEqual(value);
  });

  it('leaves bytes that are not UTF-8 as they are', () => {
    const bytes = Buffer.of(0xff, 0xfe);
    expect(decodeUnknown(bytes, true)).toBe(bytes);
  });
});

function sharedBytes(...bytes: number[]): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  return shared;
}

function throwAlways(): never {
  throw new Error('no JSON of me');
}
