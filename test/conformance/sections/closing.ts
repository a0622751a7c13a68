import { close, continuation, ping, text } from '../../support/raw/frames.js';
import { Opcode } from '../../support/raw/raw-frame.js';
import { sightOf } from '../../support/raw/sights.js';
import { PROTOCOL_ERROR, type ConformanceCase } from '../conformance-case.js';

const large = 'BAsd7&jh23'.repeat(26_214);
const reason = '*'.repeat(123);

const VALID = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];
const INVALID = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];

export const closing: readonly ConformanceCase[] = [
  {
    name: '7.1.1 a text and a close',
    send: [text('Hello'), close(1000)],
    see: ['text "Hello"', 'close 1000', 'gone'],
  },
  { name: '7.1.2 two closes', send: [close(1000), close(1000)], see: ['close 1000', 'gone'] },
  { name: '7.1.3 a close and a ping', send: [close(1000), ping()], see: ['close 1000', 'gone'] },
  {
    name: '7.1.4 a close and a text',
    send: [close(1000), text('Hello')],
    see: ['close 1000', 'gone'],
  },
  {
    name: '7.1.5 a fragment, a close, and the last fragment',
    send: [text('fragment1', { fin: false }), close(1000), continuation('fragment2')],
    see: ['close 1000', 'gone'],
  },
  {
    name: '7.1.6 a text of 256 KB, a close, and a ping',
    send: [text(large), close(1000), ping()],
    see: [sightOf('text', large), 'close 1000', 'gone'],
  },
  { name: '7.3.1 a close without a code', send: [close()], see: ['close 1005', 'gone'] },
  {
    name: '7.3.2 a close of one byte',
    send: [{ opcode: Opcode.close, payload: 'a' }],
    see: PROTOCOL_ERROR,
  },
  { name: '7.3.3 a code', send: [close(1000)], see: ['close 1000', 'gone'] },
  {
    name: '7.3.4 a code and a reason',
    send: [close(1000, 'Hello World!')],
    see: ['close 1000 "Hello World!"', 'gone'],
  },
  {
    name: '7.3.5 a reason of 123 bytes',
    send: [close(1000, reason)],
    see: [`close 1000 "${reason}"`, 'gone'],
  },
  { name: '7.3.6 a reason of 124 bytes', send: [close(1000, `${reason}*`)], see: PROTOCOL_ERROR },
  {
    name: '7.5.1 a reason that is not UTF-8',
    send: [
      {
        opcode: Opcode.close,
        payload: Buffer.from('03e8cebae1bdb9cf83cebcceb5eda080656469746564', 'hex'),
      },
    ],
    see: ['close 1007', 'gone'],
  },
  ...VALID.flatMap((code) => [
    { name: `7.7 the code ${code}`, send: [close(code)], see: [`close ${code}`, 'gone'] },
    {
      name: `7.7 the code ${code} and a reason`,
      send: [close(code, 'bye')],
      see: [`close ${code} "bye"`, 'gone'],
    },
  ]),
  ...INVALID.flatMap((code) => [
    { name: `7.9 the code ${code}`, send: [close(code)], see: PROTOCOL_ERROR },
    { name: `7.9 the code ${code} and a reason`, send: [close(code, 'bye')], see: PROTOCOL_ERROR },
  ]),
];
