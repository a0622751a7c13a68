// One source, two builds: `nest build` makes the ES modules, tsc the CommonJS ones beside them.
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const run = (script, ...args) =>
  execFileSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });

rmSync(join(root, 'dist'), { recursive: true, force: true });
run('@nestjs/cli/bin/nest.js', 'build');
run('typescript/bin/tsc', '-p', 'tsconfig.cjs.json');
// The package is "type": "module"; this file turns the folder back to CommonJS.
writeFileSync(join(root, 'dist/cjs/package.json'), '{ "type": "commonjs" }\n');
// Beside the generators: their collection, schemas and templates.
cpSync(join(root, 'lib/schematics'), join(root, 'dist/cjs/schematics'), {
  recursive: true,
  filter: (path) => !path.endsWith('.ts'),
});
