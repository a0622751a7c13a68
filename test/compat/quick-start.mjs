// The README's Quick start: the commands that a new user copies, the lines for the browser, and those of the client.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../harness.mjs';

const NEW = /^npx @nestjs\/cli new (\w+) && cd \1$/;
const START = 'npm run start';
const PACK = 'npm ci && npm pack --pack-destination ..';

/**
 * @returns The commands between `new` and `start`, as lists of words, the script of the page, and the commands for a
 *   package that is not on npm; of the client the same, with the file that its script goes into.
 */
export function quickStart() {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, section = ''] = /\n## Quick start\n(.*?)\n## /s.exec(readme) ?? [];
  const blocks = (language) =>
    [...section.matchAll(new RegExp(`\n\`\`\`${language}\n(.*?)\n\`\`\`\n`, 'gs'))].map(
      ([, code]) => code,
    );
  const [[server = '', packed = '', client = ''], [script = ''], [lines = '']] = [
    'sh',
    'js',
    'ts',
  ].map(blocks);
  const [first = '', ...commands] = server.split('\n');
  const last = commands.pop();
  const [pack = '', ...installed] = packed.split('\n').map((line) => line.replace(/ +# .*/, ''));
  const [, file] = /\n<!-- apart: (\S+) -->\n/.exec(section) ?? [];
  const isKnown = [script, lines].every((each) => each.includes('localhost:3000'));
  const isWhole = pack === PACK && client !== '' && file !== undefined;
  if (!NEW.test(first) || last !== START || !isKnown || !isWhole)
    throw new Error('The Quick start of the README is not one that this test can follow.');
  return {
    commands: commands.map(words),
    unpublished: installed.map(words),
    script,
    client: { commands: client.split('\n').map(words), file, script: lines },
  };
}

const words = (command) => command.split(' ');
