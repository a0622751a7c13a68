// New applications with their own configuration untouched: Nest 11 (CommonJS, jest) and Nest 12 (ES
// modules, vitest). First what the README leads a new user through, then what more they may do.
//   node test/compat/new-apps.mjs [totals.json] [11|12]
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { publishedPackages } from '../../scripts/packages.mjs';
import { crashed, sum } from '../harness.mjs';
import { extras } from './new-app.extras.mjs';
import { newApplication, walk } from './new-app.walk.mjs';
import { walkUnpublished } from './unpublished.mjs';
import { pack, packedPackage } from './workspace.mjs';

const [totalsFile, only] = process.argv.slice(2);

const applications = [
  {
    nest: '11',
    extension: '',
    newOptions: [],
    jsonReport: ['--json'],
    endToEnd: ['jest', '--config', 'apps/second/test/jest-e2e.json'],
  },
  {
    nest: '12',
    extension: '.js',
    newOptions: ['--no-observe'],
    jsonReport: ['--reporter=default', '--reporter=json'],
    endToEnd: ['vitest', 'run', '--config', 'vitest.config.e2e.ts'],
  },
].filter(({ nest }) => !only || nest === only);

async function tryApplication(application, tarballs) {
  try {
    const folder = await newApplication(application);
    const walked = await walk(folder, tarballs, application);
    const results = [walked, await extras(folder, application, tarballs)];
    // Once is enough: the packed file is the same.
    if (application.nest === '11') results.push(await walkUnpublished(application, tarballs[0]));
    return sum(results);
  } catch (error) {
    console.log(error);
    return crashed();
  }
}

const tarballs = [await packedPackage()];
for (const { folder } of publishedPackages()) tarballs.push(await pack({}, folder));
const results = [];
for (const application of applications) {
  const result = await tryApplication(application, tarballs);
  console.log(`New Nest ${application.nest} application:`, result);
  results.push(result);
}
const totals = sum(results);
if (totalsFile) writeFileSync(resolve(totalsFile), JSON.stringify(totals));
if (totals.failed > 0 || totals.passed === 0) process.exitCode = 1;
