// Runs generators from their sources in a process of their own: jest's require() cannot load the ES
// modules of @nestjs/schematics.
import {
  cpSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { transformSync } from '@swc/core';

const require = createRequire(import.meta.url);
const { HostTree } = require('@angular-devkit/schematics');
const { SchematicTestRunner, UnitTestTree } = require('@angular-devkit/schematics/testing');

const root = process.cwd();
const cache = join(root, 'node_modules/.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'schematics-'));

cpSync(join(root, 'lib/schematics'), folder, { recursive: true });
writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }');
for (const name of readdirSync(folder, { recursive: true })) {
  if (!name.endsWith('.ts')) continue;
  const { code } = transformSync(readFileSync(join(folder, name), 'utf8'), {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
    module: { type: 'commonjs' },
  });
  writeFileSync(join(folder, name.replace(/\.ts$/, '.js')), code);
}

async function generate({ schematic, options, files }) {
  const runner = new SchematicTestRunner('nestjs-revali-ws', join(folder, 'collection.json'));
  const log = [];
  runner.logger.subscribe(({ message }) => log.push(message));
  const project = new UnitTestTree(new HostTree());
  for (const [path, content] of Object.entries(files)) project.create(path, content);
  const tree = await runner.runSchematic(schematic, options, project);
  const written = Object.fromEntries(
    tree.files.map((path) => [path, tree.read(path).toString('utf8')]),
  );
  return { files: written, log, tasks: runner.tasks.map(({ name }) => name) };
}

process.on('message', (message) => {
  generate(message).then(
    (run) => process.send({ run }),
    (error) => process.send({ error: error.message }),
  );
});
process.once('disconnect', () => rmSync(folder, { recursive: true }));
