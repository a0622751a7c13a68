// Finds the forms of prose.forms.mjs in the documentation, and in comments and texts of the packages.
// prose.debt.json has how many an old file may still hold: a number there may only fall.
//   node test/docs/prose.mjs [--list] [--lower] [--folder <of the repository>] [<file for the totals>]
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../harness.mjs';
import { formsIn } from './prose.forms.mjs';
import { proseOf } from './prose.read.mjs';

const { values, positionals } = parseArgs({
  options: {
    folder: { type: 'string' },
    list: { type: 'boolean' },
    lower: { type: 'boolean' },
  },
  allowPositionals: true,
});
const [totals] = positionals;
const folder = resolve(values.folder ?? root);
const debtFile = join(folder, 'test/docs/prose.debt.json');

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

const debt = existsSync(debtFile) ? JSON.parse(readFileSync(debtFile, 'utf8')) : {};
const files = filesIn('').toSorted();
const found = files.map((path) => ({
  path,
  forms: formsIn(proseOf(path, readFileSync(join(folder, path), 'utf8'))),
  allowed: debt[path] ?? 0,
}));

const worse = found.filter(({ forms, allowed }) => forms.length > allowed);
for (const { path, forms, allowed } of values.list ? found : worse) {
  for (const { line, text } of forms) console.error(`${path}:${line}: ${text}`);
  if (forms.length > allowed && allowed > 0)
    console.error(`${path}: ${forms.length} of them, and ${allowed} are allowed`);
}

const left = found.reduce((sum, { forms }) => sum + forms.length, 0);
const allowed = Object.values(debt).reduce((sum, count) => sum + count, 0);
console.log(`${files.length} files of prose: ${left} forms that are hard to read`);
if (left < allowed) console.log(`${allowed} are allowed: node test/docs/prose.mjs --lower`);
if (values.lower) {
  const counts = found.map(({ path, forms, allowed: most }) => [
    path,
    Math.min(forms.length, most),
  ]);
  const lowered = Object.fromEntries(counts.filter(([, count]) => count > 0));
  writeFileSync(debtFile, `${JSON.stringify(lowered, undefined, 2)}\n`);
}

const failed = worse.length;
if (totals)
  writeFileSync(totals, JSON.stringify({ passed: files.length - failed, failed, skipped: 0 }));
if (failed > 0) process.exitCode = 1;
