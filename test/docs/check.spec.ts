import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const PATIENCE = 120_000;

const SOUND = `
# One

[two](docs/two.md#say-hi-1)
~~~text
[x](no.md)
~~~`;

const SOUND_TOO = `
## Say \`hi\`
## Say hi
[above](#say-hi) \`[code](no.md)\`

<!-- given: declare const known: number; -->

~~~ts
export const twice = known * 2;
~~~

<!-- file: three.ts -->
~~~ts
export const three = 3;
~~~

<!-- given: import { three } from './three.js'; -->
~~~ts
export const nine = three * three;
~~~

<!-- apart: four.ts -->
~~~ts
import { four } from 'a-package-that-is-not-here';
~~~`;

const FAULTY = `
[page](docs/no.md)
[heading](docs/two.md#no) ![picture](docs/no.png)

~~~ts
export const text: string = 1;
~~~

<!-- given: declare const known: string | undefined; -->

~~~ts
export const length = known.length;
~~~`;

const FAULTY_TOO = `
# Two

~~~ts
const all = [1, …];
~~~
~~~
no language
~~~
~~~typescript
let exempt;
~~~
<!-- run: jest -->
no block
<!-- run:
expect(one).toBe('1');
two();
-->
~~~ts
const one = 1;
~~~
~~~ts
const unused = 1;
~~~
~~~js
const typed: string = document.title;
~~~`;

describe('the check of the documentation', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'docs-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function page(path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text.trimStart());
  }

  async function check(): Promise<{ code: number | null; faults: string[]; totals: unknown }> {
    const totals = join(folder, 'totals.json');
    const child = spawn(process.execPath, ['test/docs/check.mjs', '--folder', folder, totals], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    const faults = errors.split('\n').filter((line) => line !== '');
    return { code, faults, totals: JSON.parse(readFileSync(totals, 'utf8')) };
  }

  it(
    'passes pages whose blocks compile and whose links lead somewhere',
    async () => {
      page('README.md', SOUND);
      page('docs/two.md', SOUND_TOO);
      expect(await check()).toEqual({
        code: 0,
        faults: [],
        totals: { passed: 5, failed: 0, skipped: 0 },
      });
    },
    PATIENCE,
  );

  it(
    'names file and line of each fault',
    async () => {
      page('README.md', FAULTY);
      page('docs/two.md', FAULTY_TOO);
      page('docs/lost.md', '# Nobody links here');
      const { code, faults, totals } = await check();
      expect(code).toBe(1);
      expect(faults.map((fault) => fault.replace(/(TS\d+): .*$/, '$1'))).toEqual([
        'docs/lost.md:1: no link leads here from README.md or docs/README.md',
        expect.stringMatching(/^docs\/two.md:3: .*there is a “…” in it$/),
        expect.stringMatching(/^docs\/two.md:6: the block says “”; it may be ts, /),
        expect.stringMatching(/^docs\/two.md:9: the block says “typescript”; it may be ts, /),
        'docs/two.md:12: “run:” stands before no block',
        'docs/two.md:16: TS2304',
        'docs/two.md:22: TS6133',
        'docs/two.md:25: TS8010',
        'README.md:1: docs/no.md: there is no docs/no.md',
        'README.md:2: docs/two.md#no: docs/two.md has no heading #no',
        'README.md:2: docs/no.png: there is no docs/no.png',
        'README.md:5: TS2322',
        'README.md:11: TS18048',
      ]);
      // Three pages, and two and three blocks that could be read.
      expect(totals).toEqual({ passed: 0, failed: 8, skipped: 0 });
    },
    PATIENCE,
  );
});
