import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A sentence with each form, by the name that its fault has. */
const SENTENCES: Readonly<Record<string, string>> = {
  shall: 'A client shall wait.',
  'is to be': 'The option is to be set.',
  whoever: 'It ends for whoever listens.',
  'that is there': 'It keeps a file that is there.',
  'of which': 'A list, of which each is sent.',
  respectively: 'They get 1 and 2, respectively.',
  'so that … so that': 'It waits so that all arrive, so that none is lost.',
  'for as long as': 'It runs for as long as you want.',
  'it is looked': 'First it is checked whether it is open.',
  'at least so': 'There are ten, or at least so the log says.',
  'by itself': 'A client connects by itself.',
  'What … is': 'What is sent is counted.',
  'Of …': 'Of two routes, the first wins.',
  'Where …,': 'Where a guard throws, the client gets a 500.',
  besides: 'Besides, it is fast.',
  thus: 'It thus ends.',
  hence: 'It is hence refused.',
};
const names = Object.keys(SENTENCES);
const lines = Object.values(SENTENCES);

function expectFaults(faults: readonly string[], patterns: readonly RegExp[]): void {
  expect(faults).toHaveLength(patterns.length);
  patterns.forEach((pattern, at) => expect(faults[at]).toMatch(pattern));
}

describe('the check of prose', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'prose-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function write(path: string, ...text: string[]): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text.join('\n'));
  }

  async function check(): Promise<{ code: number | null; faults: string[] }> {
    const command = ['test/docs/prose.mjs', '--folder', folder];
    const child = spawn(process.execPath, command, {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, faults: errors.split('\n').filter((line) => line !== '') };
  }

  const named = (path: string, forms: readonly string[], from: number, step: number): RegExp[] =>
    forms.map((name, at) => new RegExp(`^${path}:${from + at * step}: “${name}”: write `));

  it('finds each form on a page, in a table, and in comments of its code', async () => {
    write('README.md', ...lines.flatMap((line) => [line, '']));
    write('docs/table.md', '| a |', '| --- |', ...lines.map((line) => `| ${line} |`));
    write('docs/a/code.md', '~~~ts', ...lines.map((line) => `one(); // ${line}`), '~~~');
    const { code, faults } = await check();
    expect(code).toBe(1);
    expectFaults(faults, [
      ...named('README.md', names, 1, 2),
      ...named('docs/a/code.md', names, 2, 1),
      ...named('docs/table.md', names, 3, 1),
    ]);
  });

  it('finds each form in comments and texts of code', async () => {
    write('lib/one.ts', ...lines.flatMap((line) => [`/** ${line} */`, 'call();']));
    write('lib/two.ts', ...lines.map((line) => `say('${line}', \`\${one}. ${line}\`);`));
    const { code, faults } = await check();
    expect(code).toBe(1);
    const inOne = faults.filter((fault) => fault.startsWith('lib/one.ts'));
    expectFaults(inOne, named('lib/one.ts', names, 1, 2));
    const twice = names.flatMap((name) => [name, name]);
    expect(faults.filter((fault) => fault.startsWith('lib/two.ts'))).toHaveLength(twice.length);
  });

  it('follows a sentence over the lines of a comment', async () => {
    write(
      'packages/client/lib/one.ts',
      '/**',
      ' * A list, of',
      ' * which none',
      ' */',
      '// It is',
      '// to be.',
    );
    const { faults } = await check();
    expect(faults).toEqual([
      expect.stringContaining('packages/client/lib/one.ts:2: “of which”'),
      expect.stringContaining('packages/client/lib/one.ts:5: “is to be”'),
    ]);
  });

  it('spares code, addresses and other files', async () => {
    write(
      'README.md',
      '`shall` and [a link](docs/thus.md), https://x.example/hence',
      '~~~ts',
      "shall.be('thus');",
      '~~~',
    );
    write('docs/api/made.md', ...lines);
    write('node_modules/other/README.md', ...lines);
    write(
      'lib/one.ts',
      '// `hence`, {@link thus}',
      'const shall = whoever.besides;',
      'export type thus = 1;',
    );
    write('test/one.ts', '// It shall.');
    expect(await check()).toEqual({ code: 0, faults: [] });
  });

  it('spares labels and questions', async () => {
    write(
      'docs/faq.md',
      '# What is a route?',
      '',
      'Where do I start? What a socket is made of.',
      'It says where it is, and what is in it.',
    );
    expect(await check()).toEqual({ code: 0, faults: [] });
  });
});

describe('the check of spelling', () => {
  it.each([
    [
      'docs/page.md',
      'A behaviour. `behaviour`',
      '~~~ts',
      'const recieve = 1;',
      '~~~',
      'To recieve',
    ],
    ['lib/one.ts', '// A behaviour. `behaviour`', 'const recieve = 1;', "say('To recieve');"],
  ])('finds it in prose, and spares code (%s)', async (path, ...text) => {
    const child = spawn(
      'npx',
      ['--no', '--', 'cspell', 'lint', '--no-progress', `stdin://${path}`],
      {
        env: { ...process.env, NODE_OPTIONS: '' },
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    );
    child.stdin.end(text.join('\n'));
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    expect(code).toBe(1);
    const words = [...output.matchAll(/:(\d+):\d+ - Unknown word \((\w+)\)/g)];
    expect(words.map(([, line, word]) => [Number(line), word])).toEqual([
      [1, 'behaviour'],
      [text.length, 'recieve'],
    ]);
  });
});
