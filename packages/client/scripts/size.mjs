// What the client adds to a page, minified and gzipped, against its budgets.
//   node packages/client/scripts/size.mjs
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..');

/** What a page imports, and how many bytes it may add: what it adds today, and no more. The aim is 3,200 and 4,500. */
const budgets = {
  'without rooms and calls': { imports: 'createClient', budget: 5_230 },
  'with both': { imports: 'createClient, calls, rooms', budget: 6_610 },
};

async function sizeOf(imports) {
  const { outputFiles } = await build({
    stdin: { contents: `export { ${imports} } from './lib/index.ts';`, resolveDir: folder },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'silent',
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

/** @returns For each of them its size and its budget, in bytes. */
export async function sizes() {
  const all = Object.entries(budgets).map(async ([name, { imports, budget }]) => ({
    name,
    budget,
    size: await sizeOf(imports),
  }));
  return Promise.all(all);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const { name, size, budget } of await sizes()) {
    console.log(`${name}: ${size} of ${budget} bytes`);
    if (size > budget) process.exitCode = 1;
  }
