import { binary, chop, fragments, text } from '../../support/raw/frames.js';
import { Opcode } from '../../support/raw/raw-frame.js';
import { sightOf } from '../../support/raw/sights.js';
import type { ConformanceCase } from '../conformance-case.js';
import { LARGE } from '../echo-controller.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const ofSize = (size: number): Buffer => Buffer.alloc(size, 'BAsd7&jh23');
const label = (size: number): string => (size < MIB ? `${size / KIB} KiB` : `${size / MIB} MiB`);

function whole(size: number): ConformanceCase[] {
  const content = ofSize(size);
  return [
    {
      name: `9.1 a text of ${label(size)}`,
      send: [text(content)],
      see: [sightOf('text', content)],
    },
    { name: `9.2 ${label(size)}`, send: [binary(content)], see: [sightOf('binary', content)] },
  ];
}

const full = ofSize(MIB);

function inFragments(size: number): ConformanceCase[] {
  const parts = chop(full, size);
  return [
    {
      name: `9.3 a text of 1 MiB in fragments of ${size} bytes`,
      send: fragments(Opcode.text, parts),
      see: [sightOf('text', full)],
    },
    {
      name: `9.4 1 MiB in fragments of ${size} bytes`,
      send: fragments(Opcode.binary, parts),
      see: [sightOf('binary', full)],
    },
  ];
}

function inWrites(size: number): ConformanceCase[] {
  return [
    {
      name: `9.5 a text of 1 MiB in writes of ${size} bytes`,
      send: [text(full)],
      chop: size,
      see: [sightOf('text', full)],
    },
    {
      name: `9.6 1 MiB in writes of ${size} bytes`,
      send: [binary(full)],
      chop: size,
      see: [sightOf('binary', full)],
    },
  ];
}

function manyMessages(size: number): ConformanceCase[] {
  const content = ofSize(size);
  const hundred = { length: 100 };
  return [
    {
      name: `9.7 a hundred texts of ${size} bytes`,
      send: Array.from(hundred, () => text(content)),
      see: Array.from(hundred, () => sightOf('text', content)),
    },
    {
      name: `9.8 a hundred times ${size} bytes`,
      send: Array.from(hundred, () => binary(content)),
      see: Array.from(hundred, () => sightOf('binary', content)),
    },
  ];
}

/** Up to the default `maxPayload`. */
export const limits: readonly ConformanceCase[] = [
  ...[64 * KIB, 256 * KIB, MIB].flatMap(whole),
  ...[64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB].flatMap(inFragments),
  ...[256, 512, KIB, 2 * KIB].flatMap(inWrites),
  ...[0, 16, 64, 256, KIB, 4 * KIB].flatMap(manyMessages),
];

export const large: readonly ConformanceCase[] = [4 * MIB, LARGE].flatMap(whole);

const TOO_BIG = ['close 1009', 'gone'];

export const atTheLimit: readonly ConformanceCase[] = [
  { name: '9.1 a text of one byte more than 1 MiB', send: [text(ofSize(MIB + 1))], see: TOO_BIG },
  { name: '9.2 one byte more than 1 MiB', send: [binary(ofSize(MIB + 1))], see: TOO_BIG },
  {
    name: '9.3 a text of one byte more than 1 MiB in fragments',
    send: fragments(Opcode.text, chop(ofSize(MIB + 1), 64 * KIB)),
    see: TOO_BIG,
  },
  {
    name: '9.4 one byte more than 1 MiB in fragments',
    send: fragments(Opcode.binary, chop(ofSize(MIB + 1), 64 * KIB)),
    see: TOO_BIG,
  },
];

const content = ofSize(65_536);

export const autoFragmentation: readonly ConformanceCase[] = [
  {
    name: '10.1 a text of 64 KiB in fragments of 1,300 bytes',
    send: fragments(Opcode.text, chop(content, 1300)),
    see: [sightOf('text', content)],
  },
  {
    name: '10.1 64 KiB in fragments of 1,300 bytes',
    send: fragments(Opcode.binary, chop(content, 1300)),
    see: [sightOf('binary', content)],
  },
];
