import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

describe('the size of the client, minified and gzipped', () => {
  it('is within its budget, without rooms and calls, and with both', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      'packages/client/scripts/size.mjs',
    ]);
    expect(stdout).toMatch(/^without rooms and calls: \d+ of \d+ bytes\nwith both: \d+ of \d+/);
  });
});
