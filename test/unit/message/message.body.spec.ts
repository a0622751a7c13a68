import { jest } from '@jest/globals';

import {
  MessageBody,
  bodyKindOf,
  bodyReaderOf,
  contentKindOf,
} from '../../../lib/message/message.body.js';
import { InvalidPayloadException } from '../../../lib/errors/revali-ws.exceptions.js';

class Dto {
  readonly name: string = '';
}

enum Colour {
  red = 'red',
  blue = 'blue',
}

enum Level {
  low,
  high,
}

const text = (data: string): MessageBody => new MessageBody(Buffer.from(data), false);
const binary = (data: string | Uint8Array): MessageBody => new MessageBody(Buffer.from(data), true);

describe('the kind that a type stands for', () => {
  it.each([
    ['String', String, 'text'],
    ['Buffer', Buffer, 'bytes'],
    ['Uint8Array', Uint8Array, 'bytes'],
    ['a class', Dto, 'json'],
    ['Number', Number, 'json'],
    ['Boolean', Boolean, 'json'],
    ['Array', Array, 'json'],
    ['Object', Object, 'unknown'],
    ['no metadata', undefined, 'unknown'],
    ['null', null, 'unknown'],
    ['a string enum, as SWC emits it', Colour, 'text'],
    ['a numeric enum, as SWC emits it', Level, 'json'],
    ['a namespace, as SWC emits it', { helper: () => 1 }, 'unknown'],
    ['an object without values', {}, 'unknown'],
  ])('%s', (_name, type, kind) => {
    expect(bodyKindOf(type)).toBe(kind);
  });
});

describe('the kind that a Content-Type stands for', () => {
  it.each([
    ['application/json', 'json'],
    ['APPLICATION/JSON; charset=utf-8', 'json'],
    ['application/vnd.api+json', 'json'],
    ['text/plain', 'text'],
    ['text/csv;header=present', 'text'],
    ['application/octet-stream', 'bytes'],
    ['application/xml', 'unknown'],
    ['', 'unknown'],
    [undefined, 'unknown'],
  ])('%p is %s', (contentType, kind) => {
    expect(contentKindOf(contentType)).toBe(kind);
  });
});

describe('a body', () => {
  it('is read as text, bytes, JSON or not at all', () => {
    expect(text('[1]').read('text')).toBe('[1]');
    expect(text('[1]').read('bytes')).toEqual(Buffer.from('[1]'));
    expect(text('[1]').read('json')).toEqual([1]);
    expect(text('[1]').read('unknown')).toEqual([1]);
    expect(text('{').read('none')).toBeUndefined();
  });

  it('is parsed once, however many ask', () => {
    const body = text('{"a":1}');
    expect(body.read('json')).toBe(body.read('json'));
  });

  it('is parsed once for those who know that it is JSON and those who do not', () => {
    const first = text('{"a":1}');
    expect(first.read('json')).toBe(first.read('unknown'));
    const second = text('{"a":1}');
    expect(second.read('unknown')).toBe(second.read('json'));
  });

  it('is read in each way, whichever was asked for before', () => {
    const body = text('1');
    expect([body.read('json'), body.read('unknown'), body.read('json')]).toEqual([1, '1', 1]);
    const broken = text('{');
    expect(broken.read('unknown')).toBe('{');
    expect(() => broken.read('json')).toThrow(InvalidPayloadException);
  });

  it('that cannot be parsed fails for everybody who asks', () => {
    const body = text('{');
    expect(() => body.read('json')).toThrow(InvalidPayloadException);
    expect(() => body.read('json')).toThrow(InvalidPayloadException);
  });

  it("in the format 'raw' stays what its frame was", () => {
    expect(text('{"a":1}').readRaw()).toBe('{"a":1}');
    expect(binary('{"a":1}').readRaw()).toEqual(Buffer.from('{"a":1}'));
  });

  it('is decoded once by a codec, and what the codec throws is an invalid payload', () => {
    const decode = jest.fn((data: Buffer, isBinary: boolean): unknown => {
      if (data.length === 0) throw new Error('empty');
      return { size: data.length, isBinary };
    });
    const codec = { decode, encode: () => '' };
    const body = binary('abc');
    expect(body.readWith(codec)).toEqual({ size: 3, isBinary: true });
    expect(body.readWith(codec)).toBe(body.readWith(codec));
    expect(decode).toHaveBeenCalledTimes(1);
    expect(() => text('').readWith(codec)).toThrow(InvalidPayloadException);
  });

  it('that a codec decodes to undefined is not decoded again', () => {
    const decode = jest.fn(() => undefined);
    const body = text('x');
    body.readWith({ decode, encode: () => '' });
    body.readWith({ decode, encode: () => '' });
    expect(decode).toHaveBeenCalledTimes(1);
  });
});

describe('a reader', () => {
  it("of 'auto' goes by the type, and by the Content-Type only without one", () => {
    expect(bodyReaderOf('auto', 'text')(text('[1]'), 'json')).toBe('[1]');
    expect(bodyReaderOf('auto', 'unknown')(text('1'), 'json')).toBe(1);
    expect(bodyReaderOf('auto', 'unknown')(text('[1]'), 'text')).toBe('[1]');
    expect(bodyReaderOf('auto', 'unknown')(text('1'), 'unknown')).toBe('1');
  });

  it.each([
    ['raw', '[1]'],
    ['text', '[1]'],
    ['json', [1]],
    ['binary', Buffer.from('[1]')],
  ] as const)("of '%s' reads %p whatever the types say", (format, value) => {
    expect(bodyReaderOf(format, 'bytes')(text('[1]'), 'text')).toEqual(value);
    expect(bodyReaderOf(format, 'unknown')(text('[1]'), 'bytes')).toEqual(value);
  });
});
