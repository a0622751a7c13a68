import { binary, ping, pong, text } from '../../support/raw/frames.js';
import { sightOf, type Sight } from '../../support/raw/sights.js';
import { alsoByteByByte, PROTOCOL_ERROR, type ConformanceCase } from '../conformance-case.js';

const SIZES = [0, 125, 126, 127, 128, 65_535, 65_536];

export const framing: readonly ConformanceCase[] = SIZES.flatMap((size) => {
  const content = '*'.repeat(size);
  const bytes = Buffer.alloc(size, 0xfe);
  return [
    {
      name: `1.1 a text of ${size} bytes`,
      send: [text(content)],
      see: [sightOf('text', content)],
    },
    {
      name: `1.1 a text of ${size} bytes, in writes of 997`,
      send: [text(content)],
      chop: 997,
      see: [sightOf('text', content)],
    },
    {
      name: `1.2 ${size} bytes`,
      send: [binary(bytes)],
      see: [sightOf('binary', bytes)],
    },
    {
      name: `1.2 ${size} bytes, in writes of 997`,
      send: [binary(bytes)],
      chop: 997,
      see: [sightOf('binary', bytes)],
    },
  ];
});

const odd = Buffer.of(0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff);
const full = Buffer.alloc(125, 0xfe);
const numbered = Array.from({ length: 10 }, (_, index) => `payload-${index}`);

export const pings: readonly ConformanceCase[] = alsoByteByByte([
  { name: '2.1 a ping without a payload', send: [ping()], see: ['pong ""'] },
  { name: '2.2 a ping with a text', send: [ping('Hello')], see: ['pong "Hello"'] },
  {
    name: '2.3 a ping with bytes that are no text',
    send: [ping(odd)],
    see: [sightOf('pong', odd)],
  },
  { name: '2.4 a ping of 125 bytes', send: [ping(full)], see: [sightOf('pong', full)] },
  { name: '2.5 a ping of 126 bytes', send: [ping(Buffer.alloc(126, 0xfe))], see: PROTOCOL_ERROR },
  { name: '2.7 a pong that nobody asked for', send: [pong()], see: [] },
  { name: '2.8 the same with a payload', send: [pong('unsolicited')], see: [] },
  {
    name: '2.9 the same, and a ping',
    send: [pong('unsolicited'), ping('ping')],
    see: ['pong "ping"'],
  },
  {
    name: '2.10 ten pings',
    send: numbered.map((payload) => ping(payload)),
    see: numbered.map((payload): Sight => `pong "${payload}"`),
  },
]);
