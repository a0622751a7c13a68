import {
  binary,
  continuation,
  fragments,
  ping,
  pong,
  text,
  times,
} from '../../support/raw/frames.js';
import { encodeFrame, Opcode } from '../../support/raw/raw-frame.js';
import type { AbuseTheme } from '../abuse-case.js';

const PROTOCOL_ERROR = ['close 1002', 'gone'];
const GARBAGE = Buffer.from('GET /echo HTTP/1.1\r\nHost: a\r\n\r\n');

/** RFC 6455, sections 5.1 to 5.4. */
export const frames: AbuseTheme = {
  theme: 'frames against the rules',
  cases: [
    {
      name: 'a text frame without a mask',
      send: [text('hi', { masked: false })],
      see: PROTOCOL_ERROR,
    },
    {
      name: 'an empty text frame without a mask',
      send: [text('', { masked: false })],
      see: PROTOCOL_ERROR,
    },
    {
      name: 'a ping without a mask',
      send: [ping('hi', { masked: false })],
      see: PROTOCOL_ERROR,
    },
    {
      name: 'a frame without a mask after a good one',
      send: [text('good'), text('bad', { masked: false })],
      see: ['text "good"', ...PROTOCOL_ERROR],
    },
    ...[1, 2, 3, 4, 5, 6, 7].flatMap((rsv) => [
      {
        name: `a text frame with the reserved bits ${rsv}`,
        send: [text('hi', { rsv })],
        see: PROTOCOL_ERROR,
      },
      {
        name: `a ping with the reserved bits ${rsv}`,
        send: [ping('hi', { rsv })],
        see: PROTOCOL_ERROR,
      },
    ]),
    {
      name: 'a reserved bit on the second fragment',
      send: [text('a', { fin: false }), continuation('b', { rsv: 4 })],
      see: PROTOCOL_ERROR,
    },
    ...[0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf].map((opcode) => ({
      name: `the reserved opcode ${opcode}`,
      send: [{ opcode, payload: 'hi' }],
      see: PROTOCOL_ERROR,
    })),
    {
      name: 'a reserved opcode in the middle of a message',
      send: [text('a', { fin: false }), { opcode: 0x3 }, continuation('b')],
      see: PROTOCOL_ERROR,
    },
    {
      name: 'a continuation of nothing',
      send: [continuation('b')],
      see: PROTOCOL_ERROR,
    },
    {
      name: 'an unfinished continuation of nothing',
      send: [continuation('b', { fin: false })],
      see: PROTOCOL_ERROR,
    },
    {
      name: 'a second message inside of the first',
      send: [text('a', { fin: false }), text('b')],
      see: PROTOCOL_ERROR,
    },
    {
      name: 'a binary frame inside of a text message',
      send: [text('a', { fin: false }), binary('b', { fin: false })],
      see: PROTOCOL_ERROR,
    },
    {
      name: 'a continuation after the last fragment',
      send: [...fragments(Opcode.text, ['a', 'b']), continuation('c')],
      see: ['text "ab"', ...PROTOCOL_ERROR],
    },
    {
      name: 'an unfinished message, and silence',
      send: [text('a', { fin: false })],
      see: [],
    },
    {
      name: 'an unfinished message, and the end',
      send: [text('a', { fin: false }), 'FIN'],
      see: ['gone'],
    },
    {
      name: 'an unfinished message, and a reset',
      send: [text('a', { fin: false }), 'RST'],
      see: ['gone'],
    },
    {
      name: 'half a frame, and silence',
      send: [encodeFrame(text('half')).subarray(0, 7)],
      see: ['nothing'],
    },
    {
      name: 'half a frame, and the end',
      send: [encodeFrame(text('half')).subarray(0, 7), 'FIN'],
      see: ['gone'],
    },
    {
      name: 'one byte of a frame, and a reset',
      send: [encodeFrame(text('half')).subarray(0, 1), 'RST'],
      see: ['gone'],
    },
    {
      name: 'a length in more bytes than it needs',
      send: [text('hi', { lengthBits: 64 })],
      see: ['text "hi"'],
    },
    {
      name: 'an unsolicited pong',
      send: [pong('nobody asked')],
      see: [],
    },
    {
      name: 'HTTP where frames belong',
      send: [GARBAGE],
      see: PROTOCOL_ERROR,
    },
    {
      name: '64 KiB of zeros where frames belong',
      send: [Buffer.alloc(64 * 1024)],
      see: PROTOCOL_ERROR,
    },
    {
      name: '64 KiB of ones where frames belong',
      send: [Buffer.alloc(64 * 1024, 0xff)],
      see: PROTOCOL_ERROR,
    },
    {
      name: 'a thousand frames without masks',
      send: [times(1000, text('hi', { masked: false }))],
      see: PROTOCOL_ERROR,
    },
  ],
};
