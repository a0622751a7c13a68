// What keeps clients out and finds their routes, with the lowest version of everything that the package allows, and
// without socket.io.  node test/compat/floor.mjs totals.json 11|12 [jest arguments]
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from '../harness.mjs';
import { foreignProject, jestIn } from './foreign.project.mjs';
import { nest11Dependencies } from './nest-11.project.mjs';
import { nodeBinary } from './node-binary.mjs';
import { packedPackage } from './workspace.mjs';

const [totalsFile, nest, ...jestArguments] = process.argv.slice(2);
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** They match names of files: folders have some of these names, too. */
const NAMES =
  'echo handles handshake-middleware handshake-guards handshake-entry path-confusion request-targets routing ' +
  'route-choice fastify-routes pipeline-position private-parts origin gateway-module gateway-paths shutdown';
const PATTERNS = ['bare/', ...NAMES.split(' ').map((name) => `${name}[^/]*$`)];

/** Of `^11.2.8 || ^12.2.0` that of this Nest. */
function lowest(range) {
  const versions = range.split('||').map((part) => part.replace(/[^\d.]/g, ''));
  return versions.find((version) => version.startsWith(`${nest}.`)) ?? versions[0];
}

/** What the tests need besides, of this Nest. */
const others = Object.entries(nest11Dependencies()).map(([name, range]) => [
  name,
  range === '^11.0.0' ? `^${nest}.0.0` : range,
]);
const allowed = Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies }).map(
  ([name, range]) => [name, lowest(range)],
);
const dependencies = Object.fromEntries([...others, ...allowed]);
for (const name of ['@nestjs/platform-socket.io', '@nestjs/schematics']) delete dependencies[name];

/** jest can require() ES modules, which Nest 12 is made of, from Node 24.9 on. */
const node = (await nodeBinary(nest === '12' ? '24' : '20.19.0')) ?? process.execPath;
const project = await foreignProject(`floor-${nest}`, {
  dependencies,
  tarball: await packedPackage(),
  tests: ['e2e', 'bare'],
});
const patterns = jestArguments.length > 0 ? jestArguments : PATTERNS;
const totals = await jestIn(project, node, patterns);
console.log(`The lowest versions with Nest ${nest}:`, totals);
writeFileSync(resolve(totalsFile), JSON.stringify(totals));
if (totals.failed > 0) process.exitCode = 1;
