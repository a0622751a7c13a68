import { chop, continuation, fragments, text } from '../../support/raw/frames.js';
import { Opcode } from '../../support/raw/raw-frame.js';
import { sightOf } from '../../support/raw/sights.js';
import type { ConformanceCase } from '../conformance-case.js';

/**
 * A message that is not UTF-8 fails the connection with 1007, however it is cut. RFC 6455 leaves open when: `ws`
 * judges the whole message, so that a bad fragment is refused when its message has ended and not before. What is
 * asserted is the code, that nothing of the message comes back, and that the connection ends.
 */
const NOT_UTF8 = ['close 1007', 'gone'];

const greeting = Buffer.from('Hello-µ@ßöäüàá-UTF-8!!');
/** `κόσμε`, a surrogate, `edited`. */
const broken = Buffer.from('cebae1bdb9cf83cebcceb5eda080656469746564', 'hex');
/** Ends within the code point U+110000, which does not exist. */
const tooHigh = {
  start: Buffer.from('cebae1bdb9cf83cebcceb5', 'hex'),
  bad: Buffer.from('f4908080', 'hex'),
  end: Buffer.from('656469746564', 'hex'),
};

/** Sections 6.5 to 6.23 of the Autobahn test suite, after Markus Kuhn's decoder tests. */
const valid: [section: string, sequences: string[]][] = [
  [
    '6.6 prefixes of κόσμε',
    ['ceba', 'cebae1bdb9', 'cebae1bdb9cf83', 'cebae1bdb9cf83cebc', 'cebae1bdb9cf83cebcceb5'],
  ],
  ['6.7 the first sequence of a length', ['00', 'c280', 'e0a080', 'f0908080']],
  ['6.9 the last sequence of a length', ['7f', 'dfbf', 'efbfbf', 'f48fbfbf']],
  ['6.11 other boundaries', ['ed9fbf', 'ee8080', 'efbfbd', 'f48fbfbf']],
  ['6.22 noncharacters', nonCharacters()],
  [
    '6.23 specials',
    ['efbfb9', 'efbfba', 'efbfbb', 'efbfbc', 'efbfbd', 'efbfbe', 'efbfbf', 'efbbbf'],
  ],
];

const invalid: [section: string, sequences: string[]][] = [
  [
    '6.6 prefixes of κόσμε',
    ['ce', 'cebae1', 'cebae1bd', 'cebae1bdb9cf', 'cebae1bdb9cf83ce', 'cebae1bdb9cf83cebcce'],
  ],
  ['6.8 the first sequence of five or six bytes', ['f888808080', 'fc8480808080']],
  ['6.10 the last sequence of four, five or six bytes', ['f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf']],
  ['6.11 the first code point that does not exist', ['f4908080']],
  [
    '6.12 unexpected continuation bytes',
    ['80', 'bf', '80bf', '80bf80', '80bf80bf', '80bf80bf80', '80bf80bf80bf', continuationBytes()],
  ],
  [
    '6.13 start bytes alone',
    [
      spaced(0xc0, 0xdf),
      spaced(0xe0, 0xef),
      spaced(0xf0, 0xf7),
      spaced(0xf8, 0xfb),
      spaced(0xfc, 0xfd),
    ],
  ],
  [
    '6.14 the last continuation byte is missing',
    [
      'c0',
      'e080',
      'f08080',
      'f8808080',
      'fc80808080',
      'df',
      'efbf',
      'f7bfbf',
      'fbbfbfbf',
      'fdbfbfbfbf',
    ],
  ],
  ['6.15 the same in a row', ['c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf']],
  ['6.16 impossible bytes', ['fe', 'ff', 'fefeffff']],
  ['6.17 overlong slashes', ['c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af']],
  [
    '6.18 the largest overlong sequences',
    ['c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf'],
  ],
  ['6.19 overlong nulls', ['c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080']],
  ['6.20 surrogates', ['eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf']],
  [
    '6.21 pairs of surrogates',
    [
      'eda080edb080',
      'eda080edbfbf',
      'edadbfedb080',
      'edadbfedbfbf',
      'edae80edb080',
      'edae80edbfbf',
      'edafbfedb080',
      'edafbfedbfbf',
    ],
  ],
];

export const utf8: readonly ConformanceCase[] = [
  { name: '6.1.1 an empty text', send: [text()], see: ['text ""'] },
  {
    name: '6.1.2 three empty fragments',
    send: fragments(Opcode.text, ['', '', '']),
    see: ['text ""'],
  },
  {
    name: '6.1.3 an empty fragment on both sides',
    send: fragments(Opcode.text, ['', 'middle', '']),
    see: ['text "middle"'],
  },
  { name: '6.2.1 a text', send: [text(greeting)], see: [sightOf('text', greeting)] },
  {
    name: '6.2.2 a text, cut between characters',
    send: fragments(Opcode.text, chop(greeting, 6)),
    see: [sightOf('text', greeting)],
  },
  {
    name: '6.2.3 a text, one byte a fragment',
    send: fragments(Opcode.text, chop(greeting, 1)),
    see: [sightOf('text', greeting)],
  },
  { name: '6.3.1 a surrogate within a text', send: [text(broken)], see: NOT_UTF8 },
  {
    name: '6.3.2 the same, one byte a fragment',
    send: fragments(Opcode.text, chop(broken, 1)),
    see: NOT_UTF8,
  },
  {
    name: '6.4.1 a bad fragment, and the rest',
    send: fragments(Opcode.text, [tooHigh.start, tooHigh.bad, tooHigh.end]),
    see: NOT_UTF8,
  },
  {
    name: '6.4.2 a bad fragment, cut where it turns bad, and the rest',
    send: fragments(Opcode.text, [
      Buffer.concat([tooHigh.start, tooHigh.bad.subarray(0, 1)]),
      tooHigh.bad.subarray(1),
      tooHigh.end,
    ]),
    see: NOT_UTF8,
  },
  {
    name: '6.4.3 the same in one frame, written in parts',
    send: [text(Buffer.concat([tooHigh.start, tooHigh.bad, tooHigh.end]))],
    chop: 6 + tooHigh.start.length,
    see: NOT_UTF8,
  },
  {
    name: '6.4.4 a bad fragment last, which is empty before',
    send: [
      text(tooHigh.start, { fin: false }),
      continuation('', { fin: false }),
      continuation(tooHigh.bad),
    ],
    see: NOT_UTF8,
  },
  ...valid.flatMap(([section, sequences]) =>
    sequences.map((sequence) => ({
      name: `${section}: ${sequence}`,
      send: [text(Buffer.from(sequence, 'hex'))],
      see: [sightOf('text', Buffer.from(sequence, 'hex'))],
    })),
  ),
  ...invalid.flatMap(([section, sequences]) =>
    sequences.map((sequence) => ({
      name: `${section}: ${sequence.slice(0, 24)}`,
      send: [text(Buffer.from(sequence, 'hex'))],
      see: NOT_UTF8,
    })),
  ),
];

/** The last two code points of each of the 17 planes. */
function nonCharacters(): string[] {
  return Array.from({ length: 17 }, (_, plane) => plane).flatMap((plane) =>
    [0xfffe, 0xffff].map((last) =>
      Buffer.from(String.fromCodePoint(plane * 0x1_0000 + last)).toString('hex'),
    ),
  );
}

function continuationBytes(): string {
  return Buffer.from(Array.from({ length: 64 }, (_, index) => 0x80 + index)).toString('hex');
}

/** Each followed by a space. */
function spaced(from: number, to: number): string {
  const bytes = Array.from({ length: to - from + 1 }, (_, index) => [from + index, 0x20]);
  return Buffer.from(bytes.flat()).toString('hex');
}
