// Checks the documentation: every block of TypeScript compiles, every link leads somewhere, every
// page in docs/ is found. Blocks that run are left as jest specs in .blocks/ (project `docs`).
//   node test/docs/check.mjs [--folder <of the Markdown>] [<file for the totals>]
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../harness.mjs';
import { blocksOf } from './blocks.mjs';
import { compile } from './compile.mjs';
import { checkLinks, unreachable } from './links.mjs';
import { readMarkdown } from './markdown.mjs';

const { values, positionals } = parseArgs({
  options: { folder: { type: 'string' } },
  allowPositionals: true,
});
const [totals] = positionals;
const folder = resolve(values.folder ?? root);
const output = join(folder, '.blocks');
/** What is installed, built or the product. */
const leftOut = /(^|\/)(node_modules|dist|coverage|\.[^/]*)$|^(lib|docs\/api)$/;

function filesIn(path) {
  return readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) return leftOut.test(inside) ? [] : filesIn(inside);
    return [inside];
  });
}

function write(blocks) {
  rmSync(output, { recursive: true, force: true });
  for (const { file, code } of blocks) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, code);
  }
}

/** Faults in what a block imports, or in nothing of ours, are nobody's: they still fail. */
function placed(blocks) {
  const byFile = new Map(blocks.map((block) => [block.file, block]));
  return ({ file, line, text }) => {
    const block = byFile.get(file);
    return block
      ? { page: block.page, block, line, text }
      : { page: file ?? 'tsconfig.json', line: line ?? 1, text };
  };
}

const files = filesIn('');
const markdown = files.filter((file) => file.endsWith('.md'));
const pages = new Map(
  markdown.map((path) => [path, readMarkdown(readFileSync(join(folder, path), 'utf8'))]),
);
const read = [...pages].map(([path, page]) => blocksOf(path, page, output));
const blocks = read.flatMap((page) => page.blocks);
write(blocks);

const faults = [
  ...read.flatMap((page) => page.faults),
  ...checkLinks(folder, pages),
  ...unreachable(
    pages,
    files.filter((file) => file.startsWith('docs/')),
  ),
  ...compile(blocks.map(({ file }) => file)).map(placed(blocks)),
].toSorted((one, other) => one.page.localeCompare(other.page) || one.line - other.line);
for (const { page, line, text } of faults) console.error(`${page}:${line}: ${text}`);

// One check a page, for what is not code, and one a block.
const failed = new Set(faults.map(({ page, block }) => block ?? page)).size;
const passed = Math.max(0, pages.size + blocks.length - failed);
const running = blocks.filter(({ runs }) => runs).length;
console.log(
  `${pages.size} pages, ${blocks.length} blocks of code, of which ${running} run: ` +
    `${passed} passed, ${failed} failed`,
);
if (totals) writeFileSync(totals, JSON.stringify({ passed, failed, skipped: 0 }));
if (failed > 0) process.exitCode = 1;
