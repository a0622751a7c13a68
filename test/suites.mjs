// Several test files in one: jest loads Nest, Express and Fastify anew for each file that it runs, which
// takes longer than most of their tests. It is for whole runs; a single file is run as it is.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Few enough that one which fails leaves the others alone, and that the last one does not run long. */
const SIZE = 8;

/** @returns The test files below a folder whose path matches one of the patterns; all without a pattern. */
export function testFilesIn(folder, patterns = []) {
  const files = readdirSync(folder, { recursive: true }).filter((file) =>
    file.endsWith('.e2e-spec.ts'),
  );
  const paths = files.map((file) => join(folder, file)).toSorted();
  if (patterns.length === 0) return paths;
  return paths.filter((path) => patterns.some((pattern) => new RegExp(pattern).test(path)));
}

/**
 * Writes files that import the test files, and removes those of an earlier run.
 *
 * @param ending What jest knows a test file by.
 */
export function writeSuites(folder, files, ending) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  files.forEach(refuseHooks);
  const count = Math.ceil(files.length / SIZE);
  for (let suite = 0; suite < count; suite += 1) {
    // Neighbors are alike, and so is how long they take.
    const own = files.filter((_file, index) => index % count === suite);
    const imports = own.map((file) => `import '${specifier(relative(folder, file))}';\n`);
    writeFileSync(join(folder, `${String(suite + 1).padStart(2, '0')}${ending}`), imports.join(''));
  }
}

const specifier = (path) => path.split(sep).join('/').replace(/\.ts$/, '.js');

/** They would run for the tests of other files, too. */
function refuseHooks(file) {
  const hook = /^(before|after)(Each|All)\b/m.exec(readFileSync(file, 'utf8'));
  if (hook) throw new Error(`${file}: ${hook[0]}() belongs into a describe().`);
}
