// Finds the forms of prose.forms.mjs in the documentation, and in comments and texts of the packages.
//   node test/docs/prose.mjs [--folder <of the repository>] [<file for the totals>]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../harness.mjs';
import { formsIn } from './prose.forms.mjs';
import { proseOf } from './prose.read.mjs';

const { values, positionals } = parseArgs({
  options: { folder: { type: 'string' } },
  allowPositionals: true,
});
const [totals] = positionals;
const folder = resolve(values.folder ?? root);

const PAGES =
  /^(docs\/(?!api\/).*|(README|SECURITY|CONTRIBUTING)|(packages|sample)\/[^/]+\/README)\.md$/;
const MODULES = /^(lib|packages\/[^/]+\/(lib|explorer))\/.*\.ts$/;
const leftOut = /^(node_modules|dist|coverage|\..*)$/;

function filesIn(path) {
  return readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) return leftOut.test(entry.name) ? [] : filesIn(inside);
    return PAGES.test(inside) || MODULES.test(inside) ? [inside] : [];
  });
}

const files = filesIn('').toSorted();
const faulty = files
  .map((path) => ({
    path,
    forms: formsIn(proseOf(path, readFileSync(join(folder, path), 'utf8'))),
  }))
  .filter(({ forms }) => forms.length > 0);
for (const { path, forms } of faulty)
  for (const { line, text } of forms) console.error(`${path}:${line}: ${text}`);
console.log(`${files.length} files of prose: ${faulty.length} have forms that are hard to read`);

const failed = faulty.length;
if (totals)
  writeFileSync(totals, JSON.stringify({ passed: files.length - failed, failed, skipped: 0 }));
if (failed > 0) process.exitCode = 1;
