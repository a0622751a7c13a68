import {
  commonJsApp,
  endGenerators,
  esmApp,
  generate,
  monorepo,
  type Run,
} from '../../support/schematics/schematics.js';
import { added, created, faultsOf } from '../../support/schematics/websocket.js';

const CLIENT = '/src/api/api.client.ts';
const ROUTES = '/src/api/api.routes.ts';

const client = async (options: object = {}, app = commonJsApp): Promise<Run> =>
  generate('client', { name: 'api', ...options }, await added(app()));

const scriptsOf = ({ files }: Run): unknown =>
  (JSON.parse(files['/package.json'] ?? '') as { scripts?: unknown }).scripts;

const withDependencies = (...names: string[]) => {
  const app = commonJsApp();
  const dependencies = Object.fromEntries(names.map((name) => [name, '^0.1.0']));
  return { ...app, '/package.json': JSON.stringify({ name: 'app', dependencies }) };
};

afterAll(endGenerators);

describe('the client generator', () => {
  it('writes a client, and a file for the types of its routes', async () => {
    const run = await client();
    expect(created(run, commonJsApp())).toEqual([CLIENT, ROUTES]);
    expect(run.files[CLIENT])
      .toBe(`import { createClient, type ClientOptions } from 'nestjs-revali-ws-client';
import { routes, type Routes } from './api.routes';

/**
 * The routes of this application, for pages and other programs. After a change of the routes:
 * npm run client:api
 *
 * @param options At least \`url\`, of the server: 'https://api.example.com'. In a page it may be '/'.
 */
export const createApiClient = (options: ClientOptions) =>
  createClient<Routes>({ routes, ...options });
`);
    expect(run.files[ROUTES]).toContain('export type Routes = AnyRoutes;\n\nexport const routes');
  });

  it('adds a script that writes the types', async () => {
    expect(scriptsOf(await client())).toEqual({
      'client:api': 'nest build && revali-ws client --out src/api/api.routes.ts',
    });
  });

  it('leaves a script of that name as it is, and says which one it would have added', async () => {
    const scripts = { 'client:api': 'echo mine' };
    const manifest = JSON.stringify({ name: 'app', scripts });
    const files = { ...(await added(commonJsApp())), '/package.json': manifest };
    const run = await generate('client', { name: 'api' }, files);
    expect(scriptsOf(run)).toEqual(scripts);
    expect(run.log).toContain(
      'Please add the script "client:api" to package.json by hand: ' +
        'nest build && revali-ws client --out src/api/api.routes.ts',
    );
  });

  it.each([
    [[], 'npm install nestjs-revali-ws-client && npm install --save-dev nestjs-revali-ws-asyncapi'],
    [['nestjs-revali-ws-client'], 'npm install --save-dev nestjs-revali-ws-asyncapi'],
    [['nestjs-revali-ws-asyncapi'], 'npm install nestjs-revali-ws-client'],
  ])('says what has to be installed, where %j is', async (names, command) => {
    const files = await added(withDependencies(...names));
    const { log } = await generate('client', { name: 'api' }, files);
    expect(log).toEqual([`Please install what it needs: ${command}`]);
  });

  it('says nothing where all is there', async () => {
    const all = withDependencies('nestjs-revali-ws-client', 'nestjs-revali-ws-asyncapi');
    expect((await generate('client', { name: 'api' }, await added(all))).log).toEqual([]);
  });

  it('says what is missing before nest add', async () => {
    const { log } = await generate('client', { name: 'api' }, commonJsApp());
    expect(log).toContain('No module imports RevaliWsModule yet: nest add nestjs-revali-ws');
  });

  it('is called ws where nobody says otherwise', async () => {
    const run = await client({ name: undefined });
    expect(created(run, commonJsApp())).toEqual(['/src/ws/ws.client.ts', '/src/ws/ws.routes.ts']);
    expect(run.files['/src/ws/ws.client.ts']).toContain('createWsClient = ');
    expect(scriptsOf(run)).toHaveProperty('client:ws');
  });

  it.each([
    ['user-feed', 'user-feed', 'createUserFeedClient'],
    ['UserFeed', 'user-feed', 'createUserFeedClient'],
    ['chat.v2', 'chat.v2', 'createChatV2Client'],
  ])('makes of %s a file and a function', async (name, file, symbol) => {
    const run = await client({ name });
    const path = `/src/${file}/${file}.client.ts`;
    expect(created(run, commonJsApp())).toContain(path);
    expect(run.files[path]).toContain(`export const ${symbol} = `);
    for (const code of [run.files[path], run.files[path.replace('client', 'routes')]])
      expect(faultsOf(code)).toEqual([]);
  });

  it.each([
    ['1st', 'cannot be the name of a class'],
    ['../api', 'leads out of the source folder'],
    ["it's", 'cannot be the name of a'],
  ])('refuses the name %s', async (name, reason) => {
    await expect(client({ name })).rejects.toThrow(reason);
  });

  it('goes without a folder, and into any folder', async () => {
    const run = await client({ flat: true, path: 'web' });
    expect(created(run, commonJsApp())).toEqual([
      '/src/web/api.client.ts',
      '/src/web/api.routes.ts',
    ]);
    expect(scriptsOf(run)).toEqual({
      'client:api': 'nest build && revali-ws client --out src/web/api.routes.ts',
    });
  });

  it('quotes a folder with a space in the script', async () => {
    expect(scriptsOf(await client({ sourceRoot: 'my server' }))).toEqual({
      'client:api': 'nest build && revali-ws client --out "my server/api/api.routes.ts"',
    });
  });

  it('writes imports with extensions where the project has them', async () => {
    const { files } = await client({}, esmApp);
    expect(files[CLIENT]).toContain("from './api.routes.js'");
  });

  it('writes into the sources of one application of a monorepo, and builds that one', async () => {
    const project = { project: 'api' };
    const files = await added(monorepo(), project);
    const run = await generate('client', { name: 'feed', ...project }, files);
    expect(created(run, files)).toEqual([
      '/apps/api/src/feed/feed.client.ts',
      '/apps/api/src/feed/feed.routes.ts',
    ]);
    expect(scriptsOf(run)).toEqual({
      'client:feed':
        'nest build api && revali-ws client --app dist/apps/api/app.module.js --out apps/api/src/feed/feed.routes.ts',
    });
  });

  it('writes TypeScript only', async () => {
    await expect(client({ language: 'js' })).rejects.toThrow('not "js"');
  });
});
