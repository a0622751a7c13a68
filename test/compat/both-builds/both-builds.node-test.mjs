// An application and its library load one build of the package each, the ES modules and the CommonJS ones.
//   node --test both-builds.node-test.mjs, in a project that has Nest and the packed package
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const printedBy = (program, ...args) =>
  execFileSync(process.execPath, [join(folder, program), ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  }).trim();

for (const build of ['esm', 'cjs'])
  for (const first of ['library', 'application'])
    void test(`an application on ${build}, with a library on the other build; the ${first} loads first`, () => {
      assert.deepEqual(JSON.parse(printedBy('application.mjs', build, first)), {
        injected: [
          'sender: hi',
          '{"isConnection":true,"isOpen":true,"open":1,"routes":5,"attach":"function"}',
          { code: 4001, reason: 'closer' },
        ],
        parameters: ['true', 'hi', { code: 1000, reason: '' }],
        throws: [{ code: 4002, reason: 'thrown' }],
        pipe: [{ code: 1007, reason: 'Invalid payload' }],
        filter: ['{"caught":"InvalidPayloadException"}', { code: 1000, reason: '' }],
        outcomes: [4001],
        cleanUps: ['hi'],
      });
    });

void test('the modules of both builds are one too many', () => {
  assert.match(printedBy('two-modules.mjs'), /imported more than once/);
});
