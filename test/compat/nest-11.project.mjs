// What a CommonJS application with Nest 11 is made of.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../harness.mjs';

const ownVersions = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies;

/** Packages that build, lint or drive this repository and mean nothing to the tests. */
const tooling =
  /^(@arethetypeswrong\/|@changesets\/|@swc\/|@nestjs\/(cli|schematics)$|oxlint|playwright-core$|prettier$|publint$|typedoc$|typescript$)/;
/** Nest's own packages, whose major is that of Nest. */
const nest =
  /^@nestjs\/(common|core|websockets|testing|passport|platform-(express|fastify|ws|socket\.io))$/;

/** What this repository's tests need, with Nest 11 in place of its own. */
export function nest11Dependencies() {
  const needed = Object.entries(ownVersions)
    .filter(([name]) => !tooling.test(name))
    .map(([name, range]) => [name, nest.test(name) ? '^11.0.0' : range]);
  return { ...Object.fromEntries(needed), 'ts-jest': '^29.4.0', typescript: '~5.9.0' };
}

/** That of a new Nest 11 application. */
export const nest11Tsconfig = (types) => ({
  compilerOptions: {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    resolvePackageJsonExports: true,
    esModuleInterop: true,
    isolatedModules: true,
    emitDecoratorMetadata: true,
    experimentalDecorators: true,
    allowSyntheticDefaultImports: true,
    target: 'ES2023',
    sourceMap: true,
    skipLibCheck: true,
    strictNullChecks: true,
    types,
  },
});
