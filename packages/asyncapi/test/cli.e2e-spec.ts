import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { documentOf, type RoutePlan } from './route.plan.js';

const BIN = resolve('packages/asyncapi/dist/esm/cli/bin.js');
const APPS = resolve('packages/asyncapi/test/cli-apps');

interface Outcome {
  readonly code: number | string | null | undefined;
  readonly out: string;
  readonly err: string;
}

function run(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const options = { cwd: APPS, env: { PATH: process.env['PATH'], ...env }, timeout: 50_000 };
  return new Promise((done) => {
    execFile(process.execPath, [BIN, ...args], options, (error, out, err) => {
      done({ code: error ? error.code : 0, out, err });
    });
  });
}

describe('revali-ws', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  const save = (name: string, plan: RoutePlan): Promise<void> =>
    writeFile(file(name), JSON.stringify(documentOf(plan)));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'revali-ws-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('lists the routes of an ES module that holds timers and sockets, and ends', async () => {
    const { code, out } = await run(['routes', '--app', 'module.mjs']);
    expect(out.split('\n')).toEqual([
      'PATH             MODE    PARAMS  RECEIVED  SENT',
      '/api/chat/:room  twoWay  room    Say       Said',
      '',
    ]);
    expect(code).toBe(0);
  });

  it('lists those of a CommonJS module that exports AppModule', async () => {
    const { code, out } = await run(['routes', '--app', 'common.cjs', '--json']);
    expect(JSON.parse(out)).toEqual([
      {
        route: '/chat/:room',
        mode: 'twoWay',
        params: ['room'],
        received: ['Say'],
        sent: ['Said'],
        unknown: [],
      },
    ]);
    expect(code).toBe(0);
  });

  it('writes the document, and finds it as it is', async () => {
    const written = await run(['routes', '--write', file('own.json'), '--app', 'module.mjs']);
    expect(written).toMatchObject({ code: 0, out: '' });
    const check = ['routes', '--check', file('own.json'), '--app', 'module.mjs'];
    expect(await run(check)).toMatchObject({ code: 0, out: 'Clients notice no change.\n' });
    const text = await readFile(file('own.json'), 'utf8');
    await writeFile(file('own.json'), text.replace('"info": {', '"info": { "description": "x",'));
    expect(await run(check)).toMatchObject({ code: 0 });
    check[1] = '--check=exact';
    expect(await run(check)).toMatchObject({ code: 2 });
  });

  const of = (type: string, more: RoutePlan = {}): RoutePlan => ({
    receives: { type: 'object', properties: { a: { type } } },
    ...more,
  });
  const CHECKS: [what: string, before: RoutePlan, now: RoutePlan, args: string[], code: number][] =
    [
      ['breaking', of('string'), of('boolean'), [], 1],
      [
        'only added',
        of('string'),
        { ...of('string'), query: { type: 'object', properties: { a: {} } } },
        [],
        2,
      ],
      ['risky', {}, { said: { closes: { 4409: 'Taken' } } }, [], 2],
      [
        'risky, where that is refused',
        {},
        { said: { closes: { 4409: 'Taken' } } },
        ['--strict'],
        1,
      ],
    ];

  it.each(CHECKS)('ends by what a change is: %s', async (_, before, now, args, code) => {
    await save('before.json', before);
    await save('now.json', now);
    const check = ['routes', '--check', file('before.json'), '--from', file('now.json')];
    expect(await run([...check, ...args])).toMatchObject({ code });
  });

  it('finds no file stale where it compares with another document', async () => {
    await save('before.json', {});
    await save('now.json', { said: { closes: { 4409: 'Taken' } } });
    const { code, out } = await run(
      ['routes', '--check', '--against', file('before.json'), '--from', file('now.json')],
      { GITHUB_ACTIONS: 'true' },
    );
    expect(out.split('\n')).toEqual([
      'risky     /chat/:room  out  May close with 4409 (Taken)',
      '::warning title=risky%3A /chat/%3Aroom::out: May close with 4409 (Taken)',
      '',
    ]);
    expect(code).toBe(0);
  });

  it('lets no text of a document give orders to the runner or the terminal', async () => {
    const evil = '\r\n::error::forged%0A ##[error]forged \u001B[2J \u202E';
    await save('before.json', {});
    await save('now.json', { said: { closes: { 4409: evil }, path: evil } });
    const from = ['--from', file('now.json')];
    const github = { GITHUB_ACTIONS: 'true' };
    const outcomes = await Promise.all([
      run(['routes', ...from], github),
      run(['routes', '--json', ...from], github),
      run(['routes', '--check', file('before.json'), ...from], github),
    ]);
    for (const { out, err } of outcomes) {
      const lines = `${out}${err}`.split('\n');
      const orders = lines.filter((line) => /^\s*::|##\[/.test(line));
      expect(orders.every((line) => line.startsWith('::warning title=risky%3A '))).toBe(true);
      for (const hidden of ['\r', '\u001B', '\u202E'])
        expect(`${out}${err}`.includes(hidden)).toBe(false);
    }
    expect(outcomes[2]?.out).toContain('%0D%0A::error::forged%250A');
  });

  it('warns of what a preview cannot know', async () => {
    const { code, err } = await run(['routes', '--app', 'async.mjs']);
    expect(err).toContain('RevaliWsModule.forRootAsync() makes its options');
    expect(code).toBe(0);
    const known = await run(['routes', '--app', 'async.mjs', '--no-preview']);
    expect(known).toMatchObject({ code: 0, err: '' });
  });

  const FAULTS: [what: string, args: string[], text: string][] = [
    [
      'no file',
      ['routes', '--app', 'nope.js'],
      'There is no file nope.js. Build the application first',
    ],
    ['no default file', ['routes'], 'There is neither dist/create-app.js nor dist/app.module.js.'],
    [
      'no export',
      ['routes', '--app', 'empty.mjs'],
      'empty.mjs exports neither createApp() nor AppModule.',
    ],
    [
      'a file that throws',
      ['routes', '--app', 'broken.mjs'],
      'broken.mjs cannot be loaded: It is broken.',
    ],
    [
      'a file that throws no error',
      ['routes', '--app', 'throws-object.mjs'],
      "throws-object.mjs cannot be loaded: [Object: null prototype] { status: 'no settings' }.",
    ],
    [
      'an application that throws',
      ['routes', '--app', 'throws.mjs'],
      'createApp() of throws.mjs failed: DATABASE_URL is not set.',
    ],
    [
      'a provider that throws',
      ['routes', '--app', 'module.mjs', '--no-preview'],
      'createApp() of module.mjs failed: There is no database here.',
    ],
    ['no command', [], 'No command was given.'],
    ['another command', ['rout'], 'There is no command rout.'],
    ['another option', ['routes', '--wrote'], "Unknown option '--wrote'"],
    [
      'two forms',
      ['routes', '--app', 'common.cjs', '--write', '--json'],
      'Give either --write or --json',
    ],
    ['an option of the other command', ['client', '--out', 'x.ts', '--json'], 'belong to "routes"'],
    ['an empty --out', ['client', '--out', ''], 'Say which file gets the types: --out'],
    ['another scheme', ['routes', '--from', 'ftp://x/y'], 'is neither a file nor a URL of http'],
    ['no --out', ['client'], 'Say which file gets the types: --out'],
    ['two sources', ['routes', '--app', 'a.js', '--from', 'b.json'], 'Give either --app or --from'],
    [
      'no document',
      ['routes', '--from', 'nope.json'],
      'Write it with "npx revali-ws routes --write".',
    ],
    ['no JSON', ['routes', '--from', 'empty.mjs'], 'is no JSON'],
    ['--strict alone', ['routes', '--from', 'nope.json', '--strict'], 'nope.json cannot be read'],
  ];

  it.each(FAULTS)('names culprit and cure: %s', async (_, args, text) => {
    const { code, out, err } = await run(args);
    expect(err).toContain(text);
    expect({ code, out }).toEqual({ code: 3, out: '' });
  });

  it('tells an application that ends the process from a breaking change', async () => {
    expect(await run(['routes', '--app', 'exits.mjs'])).toEqual({
      code: 3,
      out: '',
      err: 'The application has ended the process before its routes were read.\n',
    });
  });

  it('names what a URL answers', async () => {
    const server = createServer(({ url, headers }, response) => {
      if (url === '/page') response.setHeader('Content-Type', 'text/html').end('<p>');
      else if (url === '/guarded' && headers.authorization !== 'Bearer x')
        response.writeHead(401).end();
      else if (url === '/elsewhere')
        response
          .writeHead(302, { location: `http://localhost:${headers.host?.split(':')[1]}/` })
          .end();
      else if (url === '/moved') response.writeHead(302, { location: '/guarded' }).end();
      else if (url === '/broken') response.end('{');
      else if (url === '/other') response.end('{"openapi":"3.0.0"}');
      else response.end(JSON.stringify(documentOf()));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const from = (path: string, ...more: string[]): Promise<Outcome> =>
        run(['routes', '--from', `http://127.0.0.1:${String(port)}${path}`, ...more]);
      const said = async (path: string): Promise<string> => (await from(path)).err;
      expect(await said('/page')).toContain('answers with a page, not with a document.');
      expect(await said('/guarded')).toContain('answers 401. Give credentials: --header');
      expect(await said('/broken')).toContain('is no JSON');
      expect(await said('/other')).toContain('is no AsyncAPI 3 document');
      expect(await from('/guarded', '--header', 'authorization: Bearer x')).toMatchObject({
        code: 0,
      });
      expect(await from('/')).toMatchObject({ code: 0 });
      const credentials = ['--header', 'authorization: Bearer x'];
      expect(await from('/moved', ...credentials)).toMatchObject({ code: 0 });
      expect((await from('/elsewhere', ...credentials)).err).toContain(
        'must not see what --header gives',
      );
    } finally {
      await new Promise((done) => server.close(done));
    }
  });

  it('writes types, and finds them stale by more than their header and the ends of lines', async () => {
    await save('now.json', {});
    const client = ['client', '--from', file('now.json'), '--out', file('routes.ts')];
    expect(await run([...client, '--check'])).toMatchObject({ code: 2 });
    expect(await run(client)).toMatchObject({ code: 0 });
    const text = await readFile(file('routes.ts'), 'utf8');
    expect(text).toContain("'/chat/:room': {");
    await writeFile(
      file('routes.ts'),
      text.replace(/--out \S+/, '--out x').replaceAll('\n', '\r\n'),
    );
    expect(await run([...client, '--check'])).toMatchObject({ code: 0, err: '' });
    await writeFile(file('routes.ts'), text.replace('twoWay', 'sendOnly'));
    expect(await run([...client, '--check'])).toMatchObject({ code: 2 });
  });
});
