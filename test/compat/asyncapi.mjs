// The document and the page of one application with Nest 11 and 12, as CommonJS and as ES modules, with swagger and without: it is
// the same.  node test/compat/asyncapi.mjs [totals.json]
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from '../harness.mjs';
import { nest11Tsconfig } from './nest-11.project.mjs';
import { npmInstall, pack, packedPackage, reuse, workspace } from './workspace.mjs';

const [totalsFile] = process.argv.slice(2);

const VARIANTS = [
  { nest: 11, type: 'commonjs', swagger: false },
  { nest: 11, type: 'commonjs', swagger: true },
  { nest: 12, type: 'commonjs', swagger: true },
  { nest: 12, type: 'module', swagger: true, hasCli: true },
  { nest: 12, type: 'module', swagger: false },
];

const nameOf = ({ nest, type, swagger }) => `asyncapi-${nest}-${type}${swagger ? '-swagger' : ''}`;

/** Variants of one Nest are installed one after the other in the same folder: most of it stays as it is. */
async function install({ nest, type, swagger, hasCli }, tarballs) {
  const project = join(workspace, `asyncapi-${nest}`);
  if (!(reuse || installed.has(project))) rmSync(project, { recursive: true, force: true });
  installed.add(project);
  mkdirSync(project, { recursive: true });
  // What an earlier variant has built.
  for (const folder of ['src', 'dist'])
    rmSync(join(project, folder), { recursive: true, force: true });
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
      ...(hasCli && {
        '@nestjs/cli': ofNest,
        '@swc/cli': '^0.8.1',
        '@swc/core': '^1.16.0',
      }),
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

/** What the CLI builds with swagger's plugin, by `tsc` and by SWC: no decorator says what is in a class. */
function pluginIn(project) {
  const sources = join(project, 'src');
  cpSync(join(root, 'test/compat/asyncapi/plugin'), sources, { recursive: true });
  const byTsc = builtIn(project, {}, 'main.js');
  // The CLI writes what the plugin knows into a file of this name, which has to be there already.
  writeFileSync(join(sources, 'metadata.ts'), 'export default () => Promise.resolve({});\n');
  writeFileSync(join(sources, 'main.swc.ts'), MAIN_OF_SWC);
  const bySwc = builtIn(project, { builder: 'swc', typeCheck: true }, 'main.swc.js');
  assert.deepEqual(bySwc, byTsc);
  const { channels, components } = byTsc;
  const { Say, Said } = components.schemas;
  assert.equal(channels.ChatController_say.summary, 'Says it to whoever has said it.');
  assert.deepEqual(components.messages.Said.payload, { $ref: '#/components/schemas/Said' });
  assert.deepEqual(Said.required, ['by', 'say']);
  assert.deepEqual(Say.required, ['text', 'mood', 'tags']);
  assert.deepEqual(Say.properties, {
    text: { type: 'string', description: 'What is said.' },
    mood: { type: 'string', enum: ['calm', 'loud'] },
    tags: { type: 'array', items: { $ref: '#/components/schemas/Tag' } },
    at: { type: 'string', format: 'date-time' },
  });
}

const MAIN_OF_SWC = `import { SwaggerModule } from '@nestjs/swagger';
import metadata from './metadata.js';

await SwaggerModule.loadPluginMetadata(metadata);
await import('./main.js');
`;

/** The document of the application that `nest build` makes. */
function builtIn(project, compilerOptions, main) {
  const plugin = {
    name: '@nestjs/swagger',
    options: { introspectComments: true, esmCompatible: true },
  };
  const cli = { sourceRoot: 'src', compilerOptions: { ...compilerOptions, plugins: [plugin] } };
  writeFileSync(join(project, 'nest-cli.json'), JSON.stringify(cli));
  const tsconfig = nest11Tsconfig(['node']);
  Object.assign(tsconfig.compilerOptions, { rootDir: './src', outDir: './dist' });
  writeFileSync(
    join(project, 'tsconfig.build.json'),
    JSON.stringify({ ...tsconfig, include: ['src'] }),
  );
  const options = { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
  execFileSync('npx', ['--no-install', 'nest', 'build'], options);
  return JSON.parse(execFileSync(process.execPath, [join('dist', main)], options));
}

/** Folders that this run has begun. */
const installed = new Set();
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
    // All have the same document: the command is tried once as CommonJS, and once as ES modules.
    if (!expected || variant.hasCli) commandIn(project, document);
    if (variant.hasCli) pluginIn(project);
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
