// Runs the end-to-end tests against the packed package in a CommonJS project with Nest 11, jest and
// plain ts-jest.  node test/compat/nest-11.mjs [totals.json] [jest arguments]
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runNodeTest, sum } from '../harness.mjs';
import { installBothBuilds } from './both-builds/install.mjs';
import { jestIn, suitesIn } from './foreign.project.mjs';
import { nodeBinary } from './node-binary.mjs';
import { nest11Project } from './projects.mjs';
import { packedPackage } from './workspace.mjs';

const [totalsFile, ...jestArguments] = process.argv.slice(2);

/** The oldest that the package supports. */
const node = (await nodeBinary('20.19.0')) ?? process.execPath;
const project = await nest11Project(await packedPackage());
const totals = sum([
  await runNodeTest(installBothBuilds(project), { cwd: project }),
  await (jestArguments.length > 0 ? jestIn(project, node, jestArguments) : suitesIn(project, node)),
]);
console.log('Nest 11:', totals);
if (totalsFile) writeFileSync(resolve(totalsFile), JSON.stringify(totals));
if (totals.failed > 0) process.exitCode = 1;
