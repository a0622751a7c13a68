import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

const run = promisify(execFile);
const resolve = createRequire(import.meta.url).resolve;

/** What the compiler says; empty where all is well. */
async function compile(compiler: string): Promise<string> {
  const script = resolve(`${compiler}/bin/tsc`);
  const project = 'packages/client/test/types';
  return run(process.execPath, [script, '-p', project]).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  );
}

describe('the types of the client, as it is built', () => {
  it.each(['typescript', 'typescript-5.9'])(
    'compile with %s, and refuse what is marked',
    async (compiler) => {
      expect(await compile(compiler)).toBe('');
    },
  );
});
