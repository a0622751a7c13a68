// Fetches the versions of Node, and the packages of the CommonJS projects, before the steps that need them. Those may
// not overlap with each other, and this may.  node test/compat/installs.mjs
import { nodeBinary } from './node-binary.mjs';
import { floorProject, nest11Project } from './projects.mjs';
import { packedPackage } from './workspace.mjs';

for (const version of ['20.19.0', '22', '24', '26']) await nodeBinary(version);
const tarball = await packedPackage();
await nest11Project(tarball);
for (const nest of ['11', '12']) await floorProject(nest, tarball);
