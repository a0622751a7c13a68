// The document and the page of one application with Nest 11 and 12, as CommonJS and as ES modules, with swagger and without: it is
// the same.  node test/compat/asyncapi.mjs [totals.json]
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from '../harness.mjs';
import { nest11Tsconfig } from './nest-11.project.mjs';
import { npmInstall, pack, packedPackage, reuse, workspace } from './workspace.mjs';

const [totalsFile] = process.argv.slice(2);

const VARIANTS = [
  { nest: 11, type: 'commonjs', swagger: false },
  { nest: 11, type: 'commonjs', swagger: true },
  { nest: 12, type: 'commonjs', swagger: true },
  { nest: 12, type: 'module', swagger: false },
  { nest: 12, type: 'module', swagger: true },
];

const nameOf = ({ nest, type, swagger }) => `asyncapi-${nest}-${type}${swagger ? '-swagger' : ''}`;

async function install({ nest, type, swagger }, tarballs) {
  const project = join(workspace, nameOf({ nest, type, swagger }));
  if (!(reuse && existsSync(join(project, 'node_modules'))))
    rmSync(project, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  const ofNest = `^${nest}.0.0`;
  const manifest = {
    name: nameOf({ nest, type, swagger }),
    private: true,
    type,
    dependencies: {
      '@nestjs/common': ofNest,
      '@nestjs/core': ofNest,
      '@nestjs/platform-express': ofNest,
      '@nestjs/platform-fastify': ofNest,
      '@nestjs/websockets': ofNest,
      ...(swagger && { '@nestjs/swagger': ofNest }),
      '@types/node': '^20.19.0',
      'class-transformer': '^0.5.1',
      'class-validator': '^0.15.1',
      'reflect-metadata': '^0.2.0',
      rxjs: '^7.8.0',
      typescript: '~5.9.0',
      ...tarballs,
    },
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest, undefined, 2));
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(nest11Tsconfig(['node'])));
  for (const file of ['app.ts', 'app.module.ts'])
    cpSync(join(root, 'test/compat/asyncapi', file), join(project, file));
  await npmInstall(project);
  return project;
}

/** Page, icon, style and script. */
const PAGE = ['text/html', 'image/svg+xml', 'text/css', 'text/javascript'].map(
  (type) => `200 ${type}; charset=utf-8`,
);

/** Compiled by `tsc`, whose types of both packages are then checked, too. */
function documentIn(project) {
  const options = { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], options);
  const run = (platform) =>
    JSON.parse(execFileSync(process.execPath, ['app.js', platform], options));
  for (const platform of ['fastify', 'express']) assert.deepEqual(run(platform).page, PAGE);
  return run('express');
}

/** The command line makes the same of a preview, and types that this compiler takes. */
function commandIn(project, document) {
  const options = { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
  const run = (...args) =>
    execFileSync('npx', ['--no-install', 'revali-ws', ...args, '--app', 'app.module.js'], options);
  run('routes', '--write');
  const written = JSON.parse(readFileSync(join(project, 'async-api.json'), 'utf8'));
  assert.deepEqual(written, document);
  assert.equal(run('routes', '--check=exact'), 'Clients notice no change.\n');
  run('client', '--out', 'routes.ts');
  const compiler = 'node_modules/typescript/bin/tsc';
  const flags = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--target',
    'es2022',
    '--lib',
    'es2022,dom',
  ];
  execFileSync(process.execPath, [compiler, ...flags, 'routes.ts'], options);
  rmSync(join(project, 'routes.ts'));
}

const tarballs = {
  'nestjs-revali-ws': `file:${await packedPackage()}`,
  'nestjs-revali-ws-asyncapi': `file:${await pack({}, 'packages/asyncapi')}`,
};
const totals = { passed: 0, failed: 0, skipped: 0 };
let expected;
for (const variant of VARIANTS) {
  try {
    const project = await install(variant, tarballs);
    const { document, served } = documentIn(project);
    commandIn(project, document);
    const { servers, ...rest } = served;
    assert.equal(servers.default.protocol, 'ws');
    assert.deepEqual(rest, document);
    assert.deepEqual(document.components.schemas.Say.required, ['text', 'tags']);
    assert.deepEqual(document.components.schemas.Say.properties.tags.items, {
      $ref: '#/components/schemas/Tag',
    });
    expected ??= document;
    assert.deepEqual(document, expected);
    totals.passed += 1;
    console.log(`ok     ${nameOf(variant)}`);
  } catch (error) {
    totals.failed += 1;
    console.error(`FAILED ${nameOf(variant)}`, error);
  }
}
if (totalsFile) writeFileSync(resolve(totalsFile), JSON.stringify(totals));
if (totals.failed > 0) process.exitCode = 1;
