// The next version of the packets that nodes send each other: what a release to come would have. It reads this version
// and its own. Its packets have one more byte in front of what they carry.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

const FILE = /\/rooms\/room\.packet\.js$/;
/** Where this version is told from others, and where packets are taken apart. */
const CHANGES = [
  [/const VERSION = 1;/, 'const VERSION = written;'],
  [/const HEAD = 2;/, 'let HEAD = written + 1;'],
  [/packet\[0\] !== VERSION/, 'packet[0] !== 1 && packet[0] !== 2'],
  [/const hasExcept = /, 'HEAD = packet[0] + 1;\n    const hasExcept = '],
  [/const bytes = typeof payload/, 'HEAD = written + 1;\n    const bytes = typeof payload'],
];

/** @param packets `'next'`: it writes them, too. `'read'`: it writes those of this version, for nodes that know no others. */
export function teachNextPackets(packets) {
  register(import.meta.url, { data: packets === 'next' ? 2 : 1 });
}

let written;

export function initialize(version) {
  written = version;
}

export async function load(url, context, next) {
  if (isMainThread || !FILE.test(url)) return next(url, context);
  let source = readFileSync(fileURLToPath(url), 'utf8');
  for (const [before, after] of CHANGES) {
    if (!before.test(source)) throw new Error(`room.packet.js has no ${before} any more`);
    source = source.replace(before, after);
  }
  return { format: 'module', source: `const written = ${written};\n${source}`, shortCircuit: true };
}
