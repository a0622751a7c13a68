// The packed package on Bun, on Deno and on a Node that warns early, and the two builds of it in one process, with
// Nest 12.
//   node test/compat/runtimes.mjs [totals.json]
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root, runNodeTest, sum } from '../harness.mjs';
import { installBothBuilds } from './both-builds/install.mjs';
import { nodeBinary } from './node-binary.mjs';
import { npmInstall, packedPackage, reuse, workspace } from './workspace.mjs';

const [totalsFile] = process.argv.slice(2);
const project = join(workspace, 'runtimes-12');
const modules = join(project, 'node_modules');
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The registry has their binaries for Linux on x64 as packages without scripts. */
const runtimes = {
  Bun: {
    package: '@oven/bun-linux-x64',
    version: '^1.4.5',
    command: ['bin/bun'],
    test: 'refused.node-test.mjs',
  },
  Deno: {
    package: '@deno/linux-x64-glibc',
    version: '^2.9.6',
    command: ['deno', 'run', '-A'],
    test: 'served.node-test.mjs',
  },
};
const hasBinaries = process.platform === 'linux' && process.arch === 'x64';
const needed = [
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/platform-express',
  '@nestjs/platform-fastify',
  '@nestjs/websockets',
  'reflect-metadata',
  'rxjs',
];

async function install() {
  if (!reuse || !existsSync(modules)) rmSync(project, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  const binaries = hasBinaries ? Object.values(runtimes) : [];
  const manifest = {
    name: 'runtimes-12',
    private: true,
    type: 'module',
    dependencies: {
      ...Object.fromEntries(needed.map((name) => [name, devDependencies[name]])),
      ...Object.fromEntries(binaries.map((one) => [one.package, one.version])),
      'nestjs-revali-ws': `file:${await packedPackage()}`,
      ws: '^8.23.0',
    },
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest, null, 2));
  await npmInstall(project);
}

const onRuntime = (name, command, test) =>
  runNodeTest(join(project, 'runtimes', test), {
    cwd: project,
    env: { RUNTIME_NAME: name, RUNTIME: JSON.stringify(command) },
  });

await install();
rmSync(join(project, 'runtimes'), { recursive: true, force: true });
cpSync(join(root, 'test/compat/runtimes'), join(project, 'runtimes'), { recursive: true });
const results = [await runNodeTest(installBothBuilds(project), { cwd: project })];
if (!hasBinaries) console.log('Left out: Bun and Deno, which are fetched for Linux on x64 alone.');
for (const [name, { package: folder, command, test }] of hasBinaries
  ? Object.entries(runtimes)
  : []) {
  const [binary, ...args] = command;
  results.push(await onRuntime(name, [join(modules, folder, binary), ...args], test));
}
// What the newest Node is going to warn of; a warning of any kind fails the test.
const newest = (await nodeBinary('26')) ?? process.execPath;
const strict = [newest, '--pending-deprecation', '--trace-deprecation'];
results.push(await onRuntime('Node with --pending-deprecation', strict, 'served.node-test.mjs'));
const totals = sum(results);
console.log('Runtimes:', totals);
if (totalsFile) writeFileSync(resolve(totalsFile), JSON.stringify(totals));
if (totals.failed > 0) process.exitCode = 1;
