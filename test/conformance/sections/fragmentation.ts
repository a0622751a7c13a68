import { continuation, fragments, ping, pong, text } from '../../support/raw/frames.js';
import { Opcode } from '../../support/raw/raw-frame.js';
import { alsoByteByByte, PROTOCOL_ERROR, type ConformanceCase } from '../conformance-case.js';

const first = text('fragment1', { fin: false });
const last = continuation('fragment2');
const WHOLE = 'text "fragment1fragment2"';
const OPEN = { fin: false };

export const fragmentation: readonly ConformanceCase[] = alsoByteByByte([
  {
    name: '5.1 a ping in two fragments',
    send: fragments(Opcode.ping, ['fragment1', 'fragment2']),
    see: PROTOCOL_ERROR,
  },
  {
    name: '5.2 a pong in two fragments',
    send: fragments(Opcode.pong, ['fragment1', 'fragment2']),
    see: PROTOCOL_ERROR,
  },
  { name: '5.3 a text in two fragments', send: [first, last], see: [WHOLE] },
  {
    name: '5.6 a text in two fragments, a ping between them',
    send: [first, ping('ping'), last],
    see: ['pong "ping"', WHOLE],
  },
  {
    name: '5.7 a text in two fragments, a pong between them',
    send: [first, pong('pong'), last],
    see: [WHOLE],
  },
  {
    name: '5.9 a last fragment of nothing, and a text',
    send: [continuation('non-continuation'), text('Hello')],
    see: PROTOCOL_ERROR,
  },
  {
    name: '5.12 a fragment of nothing, and a text',
    send: [continuation('non-continuation', OPEN), text('Hello')],
    see: PROTOCOL_ERROR,
  },
  {
    name: '5.15 a text in two fragments, a fragment of nothing, and a text',
    send: [first, last, continuation('fragment3', OPEN), text('Hello')],
    see: [WHOLE, ...PROTOCOL_ERROR],
  },
  {
    name: '5.16 twice: a fragment of nothing, a fragment of a text, its end',
    send: [continuation('fragment1', OPEN), text('fragment2', OPEN), continuation('fragment3')],
    see: PROTOCOL_ERROR,
  },
  {
    name: '5.17 twice: a last fragment of nothing, a fragment of a text, its end',
    send: [continuation('fragment1'), text('fragment2', OPEN), continuation('fragment3')],
    see: PROTOCOL_ERROR,
  },
  {
    name: '5.18 a second text inside of the first',
    send: [first, text('fragment2')],
    see: PROTOCOL_ERROR,
  },
  {
    name: '5.19 a text in five fragments, pings between them',
    send: [
      text('fragment1', OPEN),
      continuation('fragment2', OPEN),
      ping('one'),
      continuation('fragment3', OPEN),
      continuation('fragment4', OPEN),
      ping('two'),
      continuation('fragment5'),
    ],
    see: ['pong "one"', 'pong "two"', 'text "fragment1fragment2fragment3fragment4fragment5"'],
  },
]);
