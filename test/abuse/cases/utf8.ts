import { binary, fragments, text } from '../../support/raw/frames.js';
import { Opcode } from '../../support/raw/raw-frame.js';
import type { AbuseTheme } from '../abuse-case.js';

const NOT_UTF8 = ['close 1007', 'gone'];
const euro = Buffer.from('€');

const invalid: [what: string, bytes: Buffer][] = [
  ['a byte that never occurs', Buffer.of(0xff)],
  ['a continuation byte alone', Buffer.of(0x80)],
  ['a character that is cut off', Buffer.of(0x61, 0xe2, 0x82)],
  ['an overlong slash', Buffer.of(0xc0, 0xaf)],
  ['an overlong null', Buffer.of(0xe0, 0x80, 0x80)],
  ['a surrogate', Buffer.of(0xed, 0xa0, 0x80)],
  ['a pair of surrogates', Buffer.of(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80)],
  ['a code point above U+10FFFF', Buffer.of(0xf4, 0x90, 0x80, 0x80)],
  ['a sequence of five bytes', Buffer.of(0xf8, 0x88, 0x80, 0x80, 0x80)],
];

/** RFC 6455, section 8.1. */
export const utf8: AbuseTheme = {
  theme: 'text that is not UTF-8',
  cases: [
    ...invalid.map(([what, bytes]) => ({ name: what, send: [text(bytes)], see: NOT_UTF8 })),
    ...invalid.map(([what, bytes]) => ({
      name: `${what}, one byte a fragment`,
      send: fragments(Opcode.text, [
        'so far so good',
        ...[...bytes].map((byte) => Buffer.of(byte)),
      ]),
      see: NOT_UTF8,
    })),
    {
      name: 'a good character, cut by fragments',
      send: fragments(Opcode.text, [euro.subarray(0, 1), euro.subarray(1, 2), euro.subarray(2)]),
      see: ['text "€"'],
    },
    {
      name: 'a binary message that is not UTF-8, to a handler of text',
      send: [binary(Buffer.of(0xff, 0xfe))],
      see: ['close 1007 "Invalid payload"', 'gone'],
    },
    {
      name: 'a binary message that is not UTF-8, to a handler of JSON',
      path: '/json',
      send: [binary(Buffer.of(0x22, 0xff, 0x22))],
      see: ['close 1007 "Invalid payload"', 'gone'],
    },
    {
      name: 'a binary message that is not UTF-8, to a handler of bytes',
      path: '/bytes',
      send: [binary(Buffer.of(0xff, 0xfe))],
      see: ['binary fffe'],
    },
    {
      name: 'half a pair of surrogates, escaped in JSON',
      path: '/json',
      send: [text('"\\ud800"')],
      see: ['text "\\"\\\\ud800\\""'],
    },
    {
      name: 'half a pair of surrogates that a handler returns as text',
      path: '/name',
      send: [text('{"user":{"name":"\\ud800"}}')],
      see: ['text "name \ufffd"'],
    },
    { name: 'a null character', send: [text('a\0b')], see: ['text "a\\u0000b"'] },
    { name: 'a byte order mark', send: [text('\ufeffhi')], see: ['text "\ufeffhi"'] },
  ],
};
