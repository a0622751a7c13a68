// The page on the first app, as it stands there: its commands, and its files, each where the sentence before says.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { check, root, sum } from '../harness.mjs';
import { readMarkdown } from '../docs/markdown.mjs';

/** What the page is about, each in a file of its own; the walk is none without them. */
const FILES = ['board.controller.ts', 'board.spec.ts', 'nodes.spec.ts', 'client.spec.ts'];

/** @returns Commands, files to write, and files that a command is said to write, in the order of the page. */
export function stepsOf(markdown) {
  const { fences, prose } = readMarkdown(markdown);
  return fences.flatMap(({ language, line, code }) => {
    if (language === 'sh') return code.lines.map((command) => ({ command: command.split(' ') }));
    const said = prose.slice(0, line).findLast((one) => one.trim() !== '') ?? '';
    const [, verb, file] = /(generates|Write|in) `(src\/[^`]+\.ts)`:$/.exec(said) ?? [];
    if (!file) throw new Error(`docs/first-app.md:${Number(line)}: where does this go?`);
    return { file, text: `${code.lines.join('\n')}\n`, isGenerated: verb === 'generates' };
  });
}

/** @param extension That of imports: those of a CommonJS application have none. */
export async function firstApp(folder, extension, follow) {
  const steps = stepsOf(readFileSync(join(root, 'docs/first-app.md'), 'utf8'));
  const missing = FILES.filter((name) => !steps.some(({ file }) => file?.endsWith(`/${name}`)));
  if (missing.length > 0) throw new Error(`docs/first-app.md has no ${missing.join(', ')}.`);
  const results = [];
  for (const { command, file, text, isGenerated } of steps)
    if (command) results.push(await follow(command));
    else if (isGenerated) results.push(compare(join(folder, file), text));
    else write(join(folder, file), text.replaceAll(/(from '\.[^']*)\.js'/g, `$1${extension}'`));
  return sum(results);
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function compare(path, text) {
  const written = readFileSync(path, 'utf8');
  if (written !== text) console.log(`${path} is not what the page shows:\n${written}`);
  return check(written === text ? 0 : 1);
}
