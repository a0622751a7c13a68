import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What a script beside `test/run.mjs` prints. */
async function printed(script: string): Promise<string[]> {
  const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return stdout.trim().split('\n');
}

const lanes = (names: string, mayStart: string): Promise<string[]> =>
  printed(`
    import { inLanes } from './test/lanes.mjs';
    import { setImmediate as turn } from 'node:timers/promises';
    const start = async (name) => {
      console.log('start ' + name);
      for (let turns = 0; turns < name.length; turns += 1) await turn();
      console.log('end ' + name);
      return name.toUpperCase();
    };
    const results = await inLanes(${names}, 2, { start, mayStart: ${mayStart} });
    console.log(results.join());
  `);

describe('steps in lanes', () => {
  it('start two at a time, and are told in the order of the list', async () => {
    expect(await lanes("['aaaaaaaa', 'b', 'cc']", '() => true')).toEqual([
      'start aaaaaaaa',
      'start b',
      'end b',
      'start cc',
      'end cc',
      'end aaaaaaaa',
      'AAAAAAAA,B,CC',
    ]);
  });

  it('let the next one pass that may start', async () => {
    const apart = "(name, running) => name !== 'bb' || running.length === 0";
    expect(await lanes("['aaaa', 'bb', 'c']", apart)).toEqual([
      'start aaaa',
      'start c',
      'end c',
      'end aaaa',
      'start bb',
      'end bb',
      'AAAA,BB,C',
    ]);
  });

  it('fail where nothing may start any more', async () => {
    await expect(lanes("['a', 'b']", "(name) => name === 'a'")).rejects.toThrow(
      'Nothing lets these start: b',
    );
  });

  it('write in one piece each, the oldest at once', async () => {
    const output = await printed(`
      import { Transcript } from './test/lanes.mjs';
      const transcript = new Transcript((text) => console.log(text));
      const [one, two, three] = [1, 2, 3].map(() => transcript.open());
      two.write('2a');
      one.write('1a');
      three.write('3a');
      three.end();
      one.end();
      two.write('2b');
      two.end();
    `);
    expect(output).toEqual(['1a', '2a', '2b', '3a']);
  });
});

describe('npm test', () => {
  it('counts a step that there is not as failed, and says so last', () => {
    const arguments_ = ['test/run.mjs', 'no-step', 'nor-this'];
    const { status, stdout } = spawnSync(process.execPath, arguments_, { encoding: 'utf8' });
    expect(stdout).toContain('No step is named no-step.');
    expect(stdout).toMatch(/\n0 passed, 2 failed\n$/);
    expect(status).toBe(1);
  });
});
