// An application does not start on a runtime where it would serve without limits. RUNTIME is its command, as JSON.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const application = join(dirname(fileURLToPath(import.meta.url)), 'application.mjs');
const [command, ...args] = JSON.parse(process.env.RUNTIME);

for (const platform of ['express', 'fastify'])
  void describe(`${process.env.RUNTIME_NAME} on ${platform}`, () => {
    void test('the application does not start, and says why and what to do', () => {
      const { status, stdout, stderr } = spawnSync(command, [...args, application, platform], {
        encoding: 'utf8',
        input: '',
        timeout: 60_000,
      });
      const output = stdout + stderr;
      assert.notEqual(status, 0);
      assert.doesNotMatch(output, /^port/m);
      assert.match(output, /without which limits would be off\. Bun puts an implementation of/);
      assert.match(output, /run the application on Node or Deno/);
    });
  });
