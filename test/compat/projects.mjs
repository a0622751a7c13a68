// The CommonJS projects that run tests of the repository, with what each is made of.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../harness.mjs';
import { foreignProject } from './foreign.project.mjs';
import { nest11Dependencies } from './nest-11.project.mjs';

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

export const nest11Project = (tarball) =>
  foreignProject('nest-11', { dependencies: nest11Dependencies(), tarball, tests: ['e2e'] });

/** With the lowest version of everything that the package allows with this Nest, and without socket.io. */
export const floorProject = (nest, tarball) =>
  foreignProject(`floor-${nest}`, {
    dependencies: lowestDependencies(nest),
    tarball,
    tests: ['e2e', 'bare'],
  });

function lowestDependencies(nest) {
  /** What the tests need besides, of this Nest. */
  const others = Object.entries(nest11Dependencies()).map(([name, range]) => [
    name,
    range === '^11.0.0' ? `^${nest}.0.0` : range,
  ]);
  const allowed = Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })
    // Tests use the one, and no test here the other, which is this repository's own.
    .filter(([name]) => !['@nestjs/testing', 'nestjs-revali-ws-asyncapi'].includes(name))
    .map(([name, range]) => [name, lowest(range, nest)]);
  const dependencies = Object.fromEntries([...others, ...allowed]);
  for (const name of ['@nestjs/platform-socket.io', '@nestjs/schematics'])
    delete dependencies[name];
  return dependencies;
}

/** Of `^11.2.8 || ^12.2.0` that of this Nest. */
function lowest(range, nest) {
  const versions = range.split('||').map((part) => part.replace(/[^\d.]/g, ''));
  return versions.find((version) => version.startsWith(`${nest}.`)) ?? versions[0];
}
