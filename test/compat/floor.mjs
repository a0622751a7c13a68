// What keeps clients out and finds their routes, with the lowest version of everything that the package allows, and
// without socket.io.  node test/compat/floor.mjs totals.json 11|12 [jest arguments]
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { jestIn, suitesIn } from './foreign.project.mjs';
import { nodeBinary } from './node-binary.mjs';
import { floorProject } from './projects.mjs';
import { packedPackage } from './workspace.mjs';

const [totalsFile, nest, ...jestArguments] = process.argv.slice(2);
/** They match names of files: folders have some of these names, too. */
const NAMES =
  'echo handles handshake-middleware handshake-guards handshake-entry path-confusion request-targets routing ' +
  'route-choice fastify-routes pipeline-position private-parts origin gateway-module gateway-paths shutdown';
const PATTERNS = ['bare/', ...NAMES.split(' ').map((name) => `${name}[^/]*$`)];

/** jest can require() ES modules, which Nest 12 is made of, from Node 24.9 on. */
const node = (await nodeBinary(nest === '12' ? '24' : '20.19.0')) ?? process.execPath;
const project = await floorProject(nest, await packedPackage());
const totals =
  jestArguments.length > 0
    ? await jestIn(project, node, jestArguments)
    : await suitesIn(project, node, PATTERNS);
console.log(`The lowest versions with Nest ${nest}:`, totals);
writeFileSync(resolve(totalsFile), JSON.stringify(totals));
if (totals.failed > 0) process.exitCode = 1;
