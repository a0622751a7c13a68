import { readFileSync } from 'node:fs';
import {
  commonJsApp,
  endGenerators,
  esmApp,
  generate,
  monorepo,
  type Run,
} from '../../support/schematics/schematics.js';

const { version, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  version: string;
  peerDependencies: Record<string, string>;
};
const MODULE = '/src/app.module.ts';
const IMPORT = "import { RevaliWsModule } from 'nestjs-revali-ws';\n";

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

  it.each([
    ['a comment', '// RevaliWsModule.forRoot()\n', ''],
    ['a comment in the list', '', '/* RevaliWsModule.forRoot(), */'],
    ['a text', "const hint = 'RevaliWsModule.forRoot()';\n", ''],
    ['a template', 'const hint = `RevaliWsModule.forRoot()`;\n', ''],
    ['an import for its side effects', "import 'nestjs-revali-ws';\n", ''],
    ['another import of the package', "import { WebSocket } from 'nestjs-revali-ws';\n", ''],
    ['a property', 'const texts = { RevaliWsModule: 1 };\n', ''],
  ])('is not fooled by %s that names the module', async (_what, line, inList) => {
    const content = `import { Module } from '@nestjs/common';
${line}
@Module({
  imports: [${inList}],
})
export class AppModule {}
`;
    const { files: written, log } = await nestAdd({ ...commonJsApp(), [MODULE]: content });
    expect(written[MODULE]).toMatch(/imports: \[.*RevaliWsModule\.forRoot\(\)\],\n/);
    expect(written[MODULE]).toMatch(/^import \{ RevaliWsModule \} from 'nestjs-revali-ws';$/m);
    expect(log).toEqual([]);
  });

  it.each([
    [
      "import type { RevaliWsModule } from 'nestjs-revali-ws';",
      "import { RevaliWsModule } from 'nestjs-revali-ws';",
    ],
    [
      "import { type RevaliWsModule, WebSocket } from 'nestjs-revali-ws';",
      "import { RevaliWsModule, WebSocket } from 'nestjs-revali-ws';",
    ],
    [
      "import type { Duration, RevaliWsModule } from 'nestjs-revali-ws';",
      "import type { Duration } from 'nestjs-revali-ws';\nimport { RevaliWsModule } from 'nestjs-revali-ws';",
    ],
    [
      "import type { RevaliWsModule, Duration } from 'nestjs-revali-ws';",
      "import type { Duration } from 'nestjs-revali-ws';\nimport { RevaliWsModule } from 'nestjs-revali-ws';",
    ],
    [
      "import type { RevaliWsModule as Types } from 'nestjs-revali-ws';",
      "import type { RevaliWsModule as Types } from 'nestjs-revali-ws';\nimport { RevaliWsModule } from 'nestjs-revali-ws';",
    ],
    [
      "import { RevaliWsModule } from 'nestjs-revali-ws';",
      "import { RevaliWsModule } from 'nestjs-revali-ws';",
    ],
  ])('makes a value of the type in %s', async (line, expected) => {
    const rest = '\n@Module({ imports: [] })\nexport class AppModule {}\n';
    const { files: written } = await nestAdd({ ...commonJsApp(), [MODULE]: `${line}${rest}` });
    expect(written[MODULE]).toBe(`${expected}${rest.replace('[]', '[RevaliWsModule.forRoot()]')}`);
  });

  it('uses the name that the module has there', async () => {
    const line = "import { RevaliWsModule as Sockets } from 'nestjs-revali-ws';";
    const { files: written } = await nestAdd({
      ...commonJsApp(),
      [MODULE]: `${line}\n@Module({})\nexport class AppModule {}\n`,
    });
    expect(written[MODULE]).toBe(
      `${line}\n@Module({ imports: [Sockets.forRoot()] })\nexport class AppModule {}\n`,
    );
  });

  const elsewhere = "import { RevaliWsModule } from 'nestjs-revali-ws';\n";
  const configured = `${elsewhere}@Module({ imports: [RevaliWsModule.forRoot()] })\nexport class CoreModule {}\n`;
  const importing = (line: string): string =>
    (commonJsApp()[MODULE] ?? '').replace('\n\n', `\n${line}\n\n`);

  it.each<[string, string, Record<string, string>]>([
    ['./core/core.module', '/src/core/core.module.ts', {}],
    ['./core/core.module.js', '/src/core/core.module.ts', {}],
    ['./core', '/src/core/index.ts', {}],
    [
      './core',
      '/src/core/core.module.ts',
      { '/src/core/index.ts': "export * from './core.module';" },
    ],
    [
      '@app/core',
      '/libs/core/src/core.module.ts',
      {
        '/libs/core/src/index.ts': "export { CoreModule } from './core.module';",
        '/tsconfig.json':
          '{ // paths\n "compilerOptions": { "paths": { "@app/core": ["libs/core/src"], "@app/core/*": ["libs/core/src/*"] }, } }',
      },
    ],
    [
      '@app/core/core.module',
      '/libs/core/src/core.module.ts',
      {
        '/tsconfig.json':
          '{ "compilerOptions": { "baseUrl": "./", "paths": { "@app/core/*": ["libs/core/src/*"] } } }',
      },
    ],
  ])('finds the module configured behind %s', async (specifier, path, more) => {
    const files = {
      ...commonJsApp(),
      ...more,
      [path]: configured,
      [MODULE]: importing(`import { CoreModule } from '${specifier}';`),
    };
    const run = await nestAdd(files);
    expect(run.files).toEqual(files);
    expect(run.log).toEqual([`${path.slice(1)} imports RevaliWsModule already.`]);
  });

  it.each([
    ['forRootAsync()', `${elsewhere}export const core = RevaliWsModule.forRootAsync({});`],
    [
      'another name',
      "import { RevaliWsModule as Ws } from 'nestjs-revali-ws';\nexport const core = [Ws.forRoot()];",
    ],
    ['a namespace', "import * as ws from 'nestjs-revali-ws';\nws.RevaliWsModule.forRoot();"],
    [
      'require()',
      "const { RevaliWsModule } = require('nestjs-revali-ws');\nmodule.exports = RevaliWsModule.forRoot();",
    ],
  ])('finds it configured by %s', async (_how, content) => {
    for (const line of ["import { core } from './core';", "const core = require('./core');"]) {
      const files = { ...commonJsApp(), '/src/core.ts': content, [MODULE]: importing(line) };
      expect((await nestAdd(files)).files).toEqual(files);
    }
  });

  it('finds it behind the file that starts the application', async () => {
    const app = commonJsApp();
    const files = {
      ...app,
      '/src/main.ts': `${app['/src/main.ts']}void import('./lazy');\n`,
      '/src/lazy.ts': configured,
    };
    expect((await nestAdd(files)).log).toEqual(['src/lazy.ts imports RevaliWsModule already.']);
  });

  it('does not take a spec, or what nothing leads to, for the application', async () => {
    const { files: written } = await nestAdd({
      ...commonJsApp(),
      '/src/app.module.spec.ts': configured,
      '/src/old/old.module.ts': configured,
      '/src/types.ts': configured,
      [MODULE]: importing("import type { CoreModule } from './types';"),
    });
    expect(written[MODULE]).toContain('imports: [RevaliWsModule.forRoot()],');
  });

  it('does not take one application of a monorepo for another', async () => {
    const files = { ...monorepo(), '/apps/web/src/app.module.ts': configured };
    const { files: written } = await nestAdd(files, { project: 'api' });
    expect(written['/apps/api/src/app.module.ts']).toContain('RevaliWsModule.forRoot()');
  });

  it('adds the page of the routes where it is asked to', async () => {
    const { files: written, log, tasks } = await nestAdd(commonJsApp(), { asyncapi: true });
    const content = written[MODULE];
    expect(content).toContain("\nimport { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';\n");
    expect(content).toContain('  imports: [RevaliWsModule.forRoot(), AsyncApiModule.forRoot()],\n');
    expect(JSON.parse(written['/package.json'] ?? '')).toMatchObject({
      dependencies: { 'nestjs-revali-ws-asyncapi': peerDependencies['nestjs-revali-ws-asyncapi'] },
    });
    expect([log, tasks]).toEqual([[], ['node-package']]);
    const second = await nestAdd(written, { asyncapi: true });
    expect(second.files).toEqual(written);
    expect(second.log).toEqual([
      'src/app.module.ts imports RevaliWsModule already.',
      'src/app.module.ts imports AsyncApiModule already.',
    ]);
  });

  it('adds that page to an application that has routes already', async () => {
    const first = (await nestAdd(commonJsApp())).files;
    expect(Object.values(first).join()).not.toContain('asyncapi');
    const { files: written, log } = await nestAdd(first, { asyncapi: true });
    expect(written[MODULE]).toContain('[RevaliWsModule.forRoot(), AsyncApiModule.forRoot()]');
    expect(log).toEqual(['src/app.module.ts imports RevaliWsModule already.']);
  });

  it('says how to add that page by hand', async () => {
    const files = { ...commonJsApp(), [MODULE]: '@Module(metadata)\nexport class AppModule {}\n' };
    const { files: written, log } = await nestAdd(files, { asyncapi: true });
    expect(written[MODULE]).toBe(files[MODULE]);
    expect(log.join('\n')).toContain('imports: [AsyncApiModule.forRoot()]');
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

  it.each<[what: string, before: string, after: string]>([
    [
      'four spaces and CRLF',
      '@Module({\r\n    imports: [\r\n        A,\r\n    ],\r\n})\r\nexport class AppModule {}\r\n',
      '@Module({\r\n    imports: [\r\n        A,\r\n        RevaliWsModule.forRoot(),\r\n    ],\r\n})\r\nexport class AppModule {}\r\n',
    ],
    [
      'four spaces, and no list yet',
      '@Module({\n    providers: [\n        A\n    ]\n})\nexport class AppModule {}\n',
      '@Module({\n    providers: [\n        A\n    ],\n    imports: [RevaliWsModule.forRoot()]\n})\nexport class AppModule {}\n',
    ],
    [
      'tabs',
      '@Module({\n\timports: [\n\t\tA,\n\t\tB\n\t],\n})\nexport class AppModule {}\n',
      '@Module({\n\timports: [\n\t\tA,\n\t\tB,\n\t\tRevaliWsModule.forRoot()\n\t],\n})\nexport class AppModule {}\n',
    ],
    [
      'comments behind the last',
      '@Module({\n  imports: [\n    A, // one\n    B /* two */ // three\n    // four\n  ],\n})\nexport class AppModule {}\n',
      '@Module({\n  imports: [\n    A, // one\n    B, /* two */ // three\n    RevaliWsModule.forRoot()\n    // four\n  ],\n})\nexport class AppModule {}\n',
    ],
    [
      'a comment behind the last comma',
      '@Module({\n  imports: [\n    A, // one\n  ],\n})\nexport class AppModule {}\n',
      '@Module({\n  imports: [\n    A, // one\n    RevaliWsModule.forRoot(),\n  ],\n})\nexport class AppModule {}\n',
    ],
    [
      'a comment alone',
      '@Module({\n    imports: [\n        // none yet\n    ],\n})\nexport class AppModule {}\n',
      '@Module({\n    imports: [\n        // none yet\n        RevaliWsModule.forRoot()\n    ],\n})\nexport class AppModule {}\n',
    ],
    [
      'an empty list on two lines',
      '@Module({\r\n  imports: [\r\n  ],\r\n})\r\nexport class AppModule {}\r\n',
      '@Module({\r\n  imports: [\r\n    RevaliWsModule.forRoot()\r\n  ],\r\n})\r\nexport class AppModule {}\r\n',
    ],
    [
      'a list on one line, with a last comma',
      "@Module({ 'imports': [A, B, ], })\nexport class AppModule {}\n",
      "@Module({ 'imports': [A, B, RevaliWsModule.forRoot(), ], })\nexport class AppModule {}\n",
    ],
    [
      'nothing',
      '@Module({})\nexport class AppModule {}',
      '@Module({ imports: [RevaliWsModule.forRoot()] })\nexport class AppModule {}',
    ],
  ])('writes as the file is written: %s', async (_what, before, after) => {
    const head = before.includes('\r\n') ? "import { A } from 'a';\r\n" : "import { A } from 'a'\n";
    const [end, semicolon] = before.includes('\r\n') ? ['\r\n', ';'] : ['\n', ''];
    const added = `import { RevaliWsModule } from 'nestjs-revali-ws'${semicolon}${end}`;
    const { files: written } = await nestAdd({ ...commonJsApp(), [MODULE]: head + before });
    expect(written[MODULE]).toBe(head + added + after);
  });

  it.each([
    ['\ufeff', ''],
    ["'use strict';\n", ''],
    ["\ufeffimport { A } from 'a'; // of A", '\n'],
  ])('keeps what is first: %j', async (first, gap) => {
    const rest = '@Module({ imports: [] })\nexport class AppModule {}\n';
    const { files: written } = await nestAdd({ ...commonJsApp(), [MODULE]: first + gap + rest });
    const content = written[MODULE] ?? '';
    expect(content.startsWith(first)).toBe(true);
    expect(content.endsWith(rest.replace('[]', '[RevaliWsModule.forRoot()]'))).toBe(true);
    expect(content).toMatch(/^\ufeff?import \{ RevaliWsModule \} from 'nestjs-revali-ws';$/m);
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
    ['names it without forRoot()', `${IMPORT}@Module({ imports: [RevaliWsModule] })\nclass A {}\n`],
    [
      'has a class of that name',
      'class RevaliWsModule {}\n@Module({})\nexport class AppModule {}\n',
    ],
    [
      'has another module of that name',
      "import { RevaliWsModule } from './own';\n@Module({})\nexport class AppModule {}\n",
    ],
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

  it.each<[what: string, before: string, after: string]>([
    [
      'four spaces and CRLF',
      '{\r\n    "files": ["dist"],\r\n    "dependencies": {\r\n        "a": "1",\r\n        "rxjs": "^7.8.1"\r\n    }\r\n}\r\n',
      '{\r\n    "files": ["dist"],\r\n    "dependencies": {\r\n        "a": "1",\r\n        NEW,\r\n        "rxjs": "^7.8.1"\r\n    }\r\n}\r\n',
    ],
    [
      'tabs, and the last of all',
      '{\n\t"dependencies": {\n\t\t"a": "1"\n\t},\n\t"private": true\n}',
      '{\n\t"dependencies": {\n\t\t"a": "1",\n\t\tNEW\n\t},\n\t"private": true\n}',
    ],
    [
      'no dependencies yet',
      '{\n    "name": "app"\n}\n',
      '{\n    "name": "app",\n    "dependencies": {\n        NEW\n    }\n}\n',
    ],
    [
      'none of them',
      '{\n  "dependencies": {},\n  "name": "app"\n}\n',
      '{\n  "dependencies": { NEW },\n  "name": "app"\n}\n',
    ],
  ])('writes package.json as it is written: %s', async (_what, before, after) => {
    const { files: written } = await nestAdd({ ...commonJsApp(), '/package.json': before });
    expect(written['/package.json']).toBe(
      after.replace('NEW', `"nestjs-revali-ws": "^${version}"`),
    );
  });

  it('says by what gateways are served where socket.io is installed', async () => {
    const app = commonJsApp();
    const manifest = (app['/package.json'] ?? '').replace(
      '"rxjs"',
      '"@nestjs/platform-socket.io": "^11.0.1", "rxjs"',
    );
    const { log } = await nestAdd({ ...app, '/package.json': manifest });
    expect(log).toEqual([
      '@nestjs/platform-socket.io is installed: it keeps serving @WebSocketGateway() classes. ' +
        'For raw WebSockets: app.useWebSocketAdapter(new RevaliWsAdapter(app)).',
    ]);
  });

  it('adds the peer dependency that Yarn does not install', async () => {
    const { files: written } = await nestAdd({ ...commonJsApp(), '/yarn.lock': '' });
    expect(JSON.parse(written['/package.json'] ?? '')).toMatchObject({
      dependencies: { '@nestjs/websockets': '^11.0.1' },
    });
  });
});
