// The README's Quick start: the commands that a new user copies, and the lines for the browser.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../harness.mjs';

const NEW = /^npx @nestjs\/cli new (\w+) && cd \1$/;
const START = 'npm run start';

/** @returns The commands between `new` and `start`, as lists of words, and the script of the page. */
export function quickStart() {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, section = ''] = /\n## Quick start\n(.*?)\n## /s.exec(readme) ?? [];
  const block = (language) =>
    new RegExp(`\n\`\`\`${language}\n(.*?)\n\`\`\`\n`, 's').exec(section)?.[1] ?? '';
  const [first = '', ...commands] = block('sh').split('\n');
  const last = commands.pop();
  const script = block('js');
  if (!NEW.test(first) || last !== START || !script.includes('localhost:3000'))
    throw new Error('The Quick start of the README is not one that this test can follow.');
  return { commands: commands.map((command) => command.split(' ')), script };
}
