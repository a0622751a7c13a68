// Puts the test of both builds into a project, and its library in both module systems.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const source = dirname(fileURLToPath(import.meta.url));

const forms = {
  esm: { type: 'module', module: ts.ModuleKind.ES2022 },
  cjs: { type: 'commonjs', module: ts.ModuleKind.CommonJS },
};

/** @returns The file that `node --test` runs. */
export function installBothBuilds(project) {
  const folder = join(project, 'both-builds');
  rmSync(folder, { recursive: true, force: true });
  cpSync(source, folder, { recursive: true });
  const library = readFileSync(join(source, 'library.ts'), 'utf8');
  for (const [name, { type, module }] of Object.entries(forms)) {
    const { outputText } = ts.transpileModule(library, {
      compilerOptions: {
        module,
        target: ts.ScriptTarget.ES2023,
        esModuleInterop: true,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
      },
    });
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'library.js'), outputText);
    writeFileSync(join(folder, name, 'package.json'), JSON.stringify({ type }));
  }
  return join(folder, 'both-builds.node-test.mjs');
}
