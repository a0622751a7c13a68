import { readFileSync } from 'node:fs';
import {
  commonJsApp,
  endGenerators,
  esmApp,
  generate,
  monorepo,
  type Run,
} from '../../support/schematics.js';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const MODULE = '/src/app.module.ts';

const nestAdd = (files: Record<string, string>, options: object = {}): Promise<Run> =>
  generate('nest-add', options, files);

/** A module written so that the generator leaves it alone, and says what to do. */
async function leftAlone(content: string): Promise<void> {
  const files = { ...commonJsApp(), [MODULE]: content };
  const run = await nestAdd(files);
  expect(run.files).toEqual(files);
  expect(run.log.join('\n')).toContain('src/app.module.ts was left alone');
  expect(run.log.join('\n')).toContain('imports: [RevaliWsModule.forRoot()]');
}

afterAll(endGenerators);

describe('nest add', () => {
  it.each([
    ['CommonJS', commonJsApp],
    ['ES modules', esmApp],
  ])('imports the module in the root module of an application of %s', async (_name, app) => {
    const { files: written, log, tasks } = await nestAdd(app());
    const content = written[MODULE];
    expect(content).toContain("\nimport { RevaliWsModule } from 'nestjs-revali-ws';\n");
    expect(content).toContain('  imports: [RevaliWsModule.forRoot()],\n');
    expect([log, tasks]).toEqual([[], []]);
  });

  it('changes nothing the second time', async () => {
    const first = (await nestAdd(commonJsApp())).files;
    const second = await nestAdd(first);
    expect(second.files).toEqual(first);
    expect(second.log).toEqual(['src/app.module.ts imports RevaliWsModule already.']);
  });

  it('leaves a module that is configured already as it is', async () => {
    const content =
      "import { RevaliWsModule } from 'nestjs-revali-ws';\n@Module({ imports: [RevaliWsModule.forRootAsync({})] })\nexport class AppModule {}\n";
    const files = { ...commonJsApp(), [MODULE]: content };
    expect((await nestAdd(files)).files).toEqual(files);
  });

  it('answers to ng-add', async () => {
    const { files: written } = await generate('ng-add', {}, commonJsApp());
    expect(written[MODULE]).toContain('RevaliWsModule.forRoot()');
  });

  it('adds to other imports, in the quotes and line ends of the file', async () => {
    const content =
      'import { Module } from "@nestjs/common";\r\n\r\n@Module({\r\n  imports: [\r\n    A,\r\n    B,\r\n  ],\r\n})\r\nexport class AppModule {}\r\n';
    const { files: written } = await nestAdd({ ...commonJsApp(), [MODULE]: content });
    expect(written[MODULE]).toBe(
      'import { Module } from "@nestjs/common";\r\nimport { RevaliWsModule } from "nestjs-revali-ws";\r\n\r\n@Module({\r\n  imports: [\r\n    A,\r\n    B,\r\n    RevaliWsModule.forRoot(),\r\n  ],\r\n})\r\nexport class AppModule {}\r\n',
    );
  });

  it('adds a list of imports where there is none', async () => {
    const { files: written } = await nestAdd({
      ...commonJsApp(),
      [MODULE]: '@Module({ providers: [] })\nexport class AppModule {}\n',
    });
    expect(written[MODULE]).toContain(
      '@Module({ providers: [], imports: [RevaliWsModule.forRoot()] })',
    );
  });

  it.each([
    ['has no decorator', 'export class AppModule {}\n'],
    ['has its metadata elsewhere', '@Module(metadata)\nexport class AppModule {}\n'],
    ['has its imports elsewhere', '@Module({ imports: all })\nexport class AppModule {}\n'],
    ['has its imports in a variable', '@Module({ imports })\nexport class AppModule {}\n'],
    ['may have imports in a spread', '@Module({ ...base })\nexport class AppModule {}\n'],
    ['is one of two', '@Module({})\nclass Other {}\n@Module({})\nexport class AppModule {}\n'],
  ])('says what to do by hand where the module %s', (_case, content) => leftAlone(content));

  it('says what to do by hand where there is no root module', async () => {
    const files = { '/package.json': commonJsApp()['/package.json'] ?? '' };
    const run = await nestAdd(files);
    expect(run.files).toEqual(files);
    expect(run.log.join('\n')).toContain('No root module was found. Please add');
  });

  it('takes the module that main.ts starts, whatever its name', async () => {
    const { [MODULE]: content = '', ...files } = commonJsApp();
    const { files: written } = await nestAdd({
      ...files,
      '/src/main.ts':
        "import { ShopModule } from './shop/shop.root';\nNestFactory.create<App>(ShopModule, {});\n",
      '/src/shop/shop.root.ts': content,
      '/src/other.module.ts': content,
    });
    expect(written['/src/shop/shop.root.ts']).toContain('RevaliWsModule.forRoot()');
    expect(written['/src/other.module.ts']).toBe(content);
  });

  it('takes the module that it is told', async () => {
    const app = commonJsApp();
    const files = { ...app, '/src/live.module.ts': app[MODULE] ?? '' };
    const { files: written } = await nestAdd(files, { module: 'src/live.module.ts' });
    expect(written['/src/live.module.ts']).toContain('RevaliWsModule.forRoot()');
    expect(written[MODULE]).toBe(app[MODULE]);
    await expect(nestAdd(files, { module: 'src/no.module.ts' })).rejects.toThrow(
      'There is no file src/no.module.ts.',
    );
  });

  it('serves one application of a monorepo', async () => {
    const { files: written } = await nestAdd(monorepo(), { project: 'api' });
    expect(written['/apps/api/src/app.module.ts']).toContain('RevaliWsModule.forRoot()');
    expect(written['/apps/web/src/app.module.ts']).not.toContain('RevaliWsModule');
    await expect(nestAdd(monorepo(), { project: 'admin' })).rejects.toThrow(
      'nest-cli.json has no project "admin". There are: web, api.',
    );
  });

  it('adds the dependency where it is missing', async () => {
    const files = { ...commonJsApp(), '/package.json': '{ "dependencies": { "rxjs": "^7.8.1" } }' };
    const { files: written, tasks } = await nestAdd(files);
    expect(JSON.parse(written['/package.json'] ?? '')).toEqual({
      dependencies: { 'nestjs-revali-ws': `^${version}`, rxjs: '^7.8.1' },
    });
    expect(tasks).toEqual(['node-package']);
    expect((await nestAdd(files, { skipInstall: true })).tasks).toEqual([]);
  });

  it('adds the peer dependency that Yarn does not install', async () => {
    const { files: written } = await nestAdd({ ...commonJsApp(), '/yarn.lock': '' });
    expect(JSON.parse(written['/package.json'] ?? '')).toMatchObject({
      dependencies: { '@nestjs/websockets': '^11.0.1' },
    });
  });
});
