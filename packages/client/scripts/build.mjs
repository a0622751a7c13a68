// One source, two builds, as the root's: ES modules, and CommonJS beside them.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..');
const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(join(folder, 'dist'), { recursive: true, force: true });
for (const project of ['tsconfig.build.json', 'tsconfig.cjs.json'])
  execFileSync(process.execPath, [compiler, '-p', project], { cwd: folder, stdio: 'inherit' });
// The package is "type": "module"; this file turns the folder back to CommonJS.
writeFileSync(join(folder, 'dist/cjs/package.json'), '{ "type": "commonjs" }\n');
