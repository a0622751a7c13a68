import type { ConformanceCase } from '../conformance-case.js';
import { closing } from './closing.js';
import { fragmentation } from './fragmentation.js';
import { framing, pings } from './framing.js';
import { atTheLimit, autoFragmentation, large, limits } from './limits.js';
import { opcodes, reservedBits } from './reserved.js';
import { utf8 } from './utf8.js';

export interface Section {
  readonly section: string;
  readonly path: string;
  readonly cases: readonly ConformanceCase[];
}

const section = (name: string, cases: readonly ConformanceCase[], path = '/echo'): Section => ({
  section: name,
  path,
  cases,
});

/** 8 is not used in the Autobahn test suite, 11 was given up; 12 and 13 are in the spec for compression. */
export const sections: readonly Section[] = [
  section('1 framing', framing),
  section('2 pings and pongs', pings),
  section('3 reserved bits', reservedBits),
  section('4 opcodes', opcodes),
  section('5 fragmentation', fragmentation),
  section('6 UTF-8', utf8),
  section('7 closing', closing),
  section('9 limits', limits),
  section('9 limits that a route has raised', large, '/large'),
  section('9 beyond the limit', atTheLimit),
  section('10 automatic fragmentation', autoFragmentation),
];
