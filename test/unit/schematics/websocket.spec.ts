import {
  commonJsApp,
  endGenerators,
  esmApp,
  generate,
  monorepo,
} from '../../support/schematics/schematics.js';
import {
  added,
  CONTROLLER,
  created,
  E2E,
  faultsOf,
  SPEC,
  websocket,
} from '../../support/schematics/websocket.js';

afterAll(endGenerators);

describe('the websocket generator', () => {
  it('writes a controller, its spec and an e2e spec', async () => {
    const run = await websocket();
    expect(created(run, commonJsApp())).toEqual([SPEC, CONTROLLER, E2E].toSorted());
    expect(run.files[CONTROLLER]).toBe(`import { Body, Controller } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';

@Controller('chat')
export class ChatController {
  @WebSocket()
  handle(@Body() message: string): string {
    return \`Echo: \${message}\`;
  }
}
`);
    expect(run.files[E2E]).toContain("await connect(app, '/chat')");
    expect(run.log).toEqual([]);
  });

  it('answers to ws', async () => {
    const { files: written } = await generate('ws', { name: 'chat' }, await added(commonJsApp()));
    expect(written).toHaveProperty([CONTROLLER]);
  });

  it('declares the controller in the root module, which the e2e spec starts', async () => {
    const { files: written } = await websocket();
    const module = written['/src/app.module.ts'];
    expect(module).toContain("import { ChatController } from './chat/chat.controller';");
    expect(module).toContain('controllers: [AppController, ChatController],');
    expect(written[E2E]).toContain("import { AppModule } from '../src/app.module';");
    expect(written[E2E]).toContain('imports: [AppModule],');
  });

  it('declares it in the nearest module', async () => {
    const files = await added(commonJsApp());
    const near = '@Module({ controllers: [] })\nexport class ChatModule {}\n';
    const { files: written } = await generate(
      'websocket',
      { name: 'chat/rooms' },
      { ...files, '/src/chat/chat.module.ts': near },
    );
    expect(written['/src/chat/chat.module.ts']).toBe(
      "import { RoomsController } from './rooms/rooms.controller';\n\n@Module({ controllers: [RoomsController] })\nexport class ChatModule {}\n",
    );
    expect(written['/src/app.module.ts']).toBe(files['/src/app.module.ts']);
  });

  it('writes imports with extensions in an application of ES modules', async () => {
    const { files: written } = await websocket({}, esmApp);
    expect(written['/src/app.module.ts']).toContain("'./chat/chat.controller.js'");
    expect(written[SPEC]).toContain("from './chat.controller.js'");
    expect(written[E2E]).toContain("from '../src/app.module.js'");
    expect(written[SPEC]).not.toContain("'vitest'");
  });

  it('imports from vitest where it has no globals', async () => {
    const bare = { '/vitest.config.ts': 'test: {}', '/vitest.config.e2e.ts': "'**/*.e2e-test.ts'" };
    const run = await websocket({}, () => ({ ...esmApp(), ...bare }));
    for (const spec of [SPEC, '/test/chat.e2e-test.ts']) {
      expect(run.files[spec]).toMatch(/^import \{.* expect, it \} from 'vitest';\n/);
    }
  });

  it('serves another path', async () => {
    const { files: written } = await websocket({ path: '/live/:room/*rest{/:id}' });
    expect(written[CONTROLLER]).toContain("@Controller('live/:room/*rest{/:id}')");
    expect(written[E2E]).toContain("connect(app, '/live/1/rest')");
  });

  it.each([
    [{ mode: 'receiveOnly' }, "@WebSocket({ mode: 'receiveOnly' })"],
    [{ mode: 'sendOnly' }, "@WebSocket({ mode: 'sendOnly' })\n  *handle("],
    [{ ping: '5s' }, "@WebSocket({ ping: '5s' })"],
    [
      { triggerOnConnect: true },
      '@WebSocket({ triggerOnConnect: true })\n  handle(@Body() message?:',
    ],
    [
      { mode: 'receiveOnly', ping: '2m', triggerOnConnect: true },
      "@WebSocket({ mode: 'receiveOnly', ping: '2m', triggerOnConnect: true })\n  handle(@Body() message?:",
    ],
    // It runs on connect anyway.
    [{ mode: 'sendOnly', triggerOnConnect: true }, "@WebSocket({ mode: 'sendOnly' })"],
  ])('writes the options %j', async (options, decorator) => {
    expect((await websocket(options)).files[CONTROLLER]).toContain(decorator);
  });

  it.each([{ mode: 'both' }, { ping: 'often' }, { ping: '5' }])(
    'refuses the options %j',
    async (options) => {
      await expect(websocket(options)).rejects.toThrow(/\/(mode|ping)/);
    },
  );

  it('refuses an option in place of the path, and says how to give it', async () => {
    await expect(websocket({ path: '--mode=receiveOnly' })).rejects.toThrow(
      'npx schematics nestjs-revali-ws:websocket chat --mode=receiveOnly',
    );
  });

  it('goes without a folder, or without specs', async () => {
    const flat = await websocket({ name: 'chat/rooms', flat: true });
    expect(flat.files).toHaveProperty(['/src/chat/rooms.controller.ts']);
    expect(flat.files).toHaveProperty(['/test/chat/rooms.e2e-spec.ts']);
    expect(created(await websocket({ spec: false }), commonJsApp())).toEqual([CONTROLLER]);
  });

  it('makes folders and a class of the name', async () => {
    const run = await websocket({ name: 'chat/BigRooms' });
    expect(created(run, commonJsApp())).toEqual([
      '/src/chat/big-rooms/big-rooms.controller.spec.ts',
      '/src/chat/big-rooms/big-rooms.controller.ts',
      '/test/chat/big-rooms.e2e-spec.ts',
    ]);
    const e2e = run.files['/test/chat/big-rooms.e2e-spec.ts'];
    expect(e2e).toContain("describe('BigRoomsController (e2e)'");
    expect(e2e).toContain("from '../../src/app.module';");
    await expect(websocket({ name: '1st' })).rejects.toThrow('"1st" cannot be the name of a class');
  });

  it('takes the suffix of specs', async () => {
    const { files: written } = await websocket({ specFileSuffix: 'test' }, () => {
      const { '/test/jest-e2e.json': _config, ...files } = commonJsApp();
      return files;
    });
    expect(written).toHaveProperty(['/src/chat/chat.controller.test.ts']);
    expect(written).toHaveProperty(['/test/chat.e2e-test.ts']);
  });

  it('takes the sources of nest-cli.json', async () => {
    const app = (): Record<string, string> =>
      Object.fromEntries(
        Object.entries(commonJsApp()).map(([path, content]) => [
          path.replace('/src/', '/server/'),
          content.replace('"sourceRoot": "src"', '"sourceRoot": "server"'),
        ]),
      );
    expect(created(await websocket({}, app), app())).toEqual([
      '/server/chat/chat.controller.spec.ts',
      '/server/chat/chat.controller.ts',
      E2E,
    ]);
  });

  it('writes into one application of a monorepo', async () => {
    const project = { project: 'api' };
    const files = await added(monorepo(), project);
    const run = await generate('websocket', { name: 'chat', ...project }, files);
    expect(created(run, files)).toEqual([
      '/apps/api/src/chat/chat.controller.spec.ts',
      '/apps/api/src/chat/chat.controller.ts',
      '/apps/api/test/chat.e2e-spec.ts',
    ]);
    expect(run.files['/apps/api/test/chat.e2e-spec.ts']).toContain("'../src/app.module'");
  });

  it('writes an e2e spec that stands alone where no module declares the controller', async () => {
    const { files: written } = await websocket({ skipImport: true });
    expect(written['/src/app.module.ts']).not.toContain('ChatController');
    const e2e = written[E2E];
    expect(e2e).toContain('imports: [RevaliWsModule.forRoot()],');
    expect(e2e).toContain('controllers: [ChatController],');
  });

  it('is not fooled by a comment or a type that names the module', async () => {
    const app = commonJsApp();
    const module = `// RevaliWsModule.forRoot()\nimport type { RevaliWsModule } from 'nestjs-revali-ws';\n${app['/src/app.module.ts']}`;
    const { log } = await generate(
      'websocket',
      { name: 'chat' },
      { ...app, '/src/app.module.ts': module },
    );
    expect(log).toEqual(['No module imports RevaliWsModule yet: nest add nestjs-revali-ws']);
  });

  it('starts the application where another module configures ours', async () => {
    const app = commonJsApp();
    const { files: written, log } = await generate(
      'websocket',
      { name: 'chat' },
      {
        ...app,
        '/src/app.module.ts': `import './core';\n${app['/src/app.module.ts']}`,
        '/src/core.ts': 'export const core = RevaliWsModule.forRoot();\n',
      },
    );
    expect(log).toEqual([]);
    expect(written[E2E]).toContain('imports: [AppModule],');
  });

  it.each([
    ["it's", String.raw`'it\'s'`, String.raw`'/it\'s'`],
    [String.raw`a\(b\)/:id`, String.raw`'a\\(b\\)/:id'`, "'/a(b)/1'"],
    ['$x/y', "'$x/y'", "'/$x/y'"],
    [':"odd name"/x', `':"odd name"/x'`, "'/1/x'"],
  ])('writes the path %s as a text, in controller and spec', async (path, own, client) => {
    const { files: written } = await websocket({ path });
    expect(written[CONTROLLER]).toContain(`@Controller(${own})`);
    expect(written[E2E]).toContain(`connect(app, ${client})`);
    expect(written[E2E]).toContain(`it(${client.slice(0, -1)} (WS)', async`);
    for (const file of [CONTROLLER, SPEC, E2E]) expect(faultsOf(written[file])).toEqual([]);
  });

  it.each([
    ['a line feed', 'a\nb'],
    ['code', "x');\nprocess.exit(1);//"],
    ['a carriage return', 'a\rb'],
    ['a line separator', 'a\u2028b'],
    ['a space', 'a b'],
    ['a query', 'a?b=1'],
    ['a fragment', 'a#b'],
    ['a wildcard without a name', 'a/*'],
    ['a brace too few', 'a{/:b'],
    ['a doubled slash', 'a//b'],
    ['a dot segment', 'a/../b'],
    ['a letter that URLs escape', 'caf\u00e9'],
    ['quotes', 'a"b'],
  ])('refuses a path with %s', async (_what, path) => {
    await expect(websocket({ path })).rejects.toThrow(
      /is not a (valid route path|path that a client)/,
    );
  });

  it.each([
    '../chat',
    '../../chat',
    'chat/../../rooms',
    '/../chat',
    String.raw`..\chat`,
    './../src/../../chat',
  ])('writes nothing outside of the sources: %s', async (name) => {
    for (const flat of [false, true]) {
      await expect(websocket({ name, flat })).rejects.toThrow('leads out of the source folder');
    }
  });

  it.each(["it's/chat", 'a"b/chat', 'a\nb/chat', 'a`b/chat', "it's", 'a\nb', 'a;b'])(
    'refuses the name %j',
    async (name) => {
      await expect(websocket({ name })).rejects.toThrow(/cannot be the name of a (class|folder)/);
    },
  );

  it('takes a name with folders that come and go', async () => {
    expect(created(await websocket({ name: 'a/../chat', spec: false }), commonJsApp())).toEqual([
      CONTROLLER,
    ]);
  });

  it('refuses a suffix that would lead elsewhere', async () => {
    await expect(websocket({ specFileSuffix: '../../x' })).rejects.toThrow('cannot be the suffix');
  });

  it('keeps the style of the module that declares the controller', async () => {
    const module = (await added(commonJsApp()))['/src/app.module.ts'] ?? '';
    const own = module.replaceAll('\n', '\r\n').replaceAll('  ', '    ');
    const files = { ...(await added(commonJsApp())), '/src/app.module.ts': own };
    const { files: written } = await generate('websocket', { name: 'chat' }, files);
    expect(written['/src/app.module.ts']).toBe(
      own
        .replace('[AppController]', '[AppController, ChatController]')
        .replace(
          "'nestjs-revali-ws';",
          "'nestjs-revali-ws';\r\nimport { ChatController } from './chat/chat.controller';",
        ),
    );
  });

  it('writes into folders whose names have capital letters', async () => {
    const app = (): Record<string, string> =>
      Object.fromEntries(
        Object.entries(commonJsApp()).map(([path, content]) => [
          path.replace('/src/', '/Server/'),
          content.replace('"sourceRoot": "src"', '"sourceRoot": "Server"'),
        ]),
      );
    expect(created(await websocket({}, app), app())).toEqual([
      '/Server/chat/chat.controller.spec.ts',
      '/Server/chat/chat.controller.ts',
      E2E,
    ]);
  });

  it('says what is missing before nest add', async () => {
    const { files: written, log } = await generate('websocket', { name: 'chat' }, commonJsApp());
    expect(log).toEqual(['No module imports RevaliWsModule yet: nest add nestjs-revali-ws']);
    expect(written[E2E]).toContain('imports: [RevaliWsModule.forRoot()],');
  });

  it('says what to do by hand where it cannot declare the controller', async () => {
    const module =
      "import { RevaliWsModule } from 'nestjs-revali-ws';\n@Module({ ...base, imports: [RevaliWsModule.forRoot()] })\nexport class AppModule {}\n";
    const files = { ...(await added(commonJsApp())), '/src/app.module.ts': module };
    const { files: written, log } = await generate('websocket', { name: 'chat' }, files);
    expect(log).toEqual([
      'Please add ChatController to the controllers of src/app.module.ts by hand.',
    ]);
    expect(written).toHaveProperty([CONTROLLER]);
  });

  it('overwrites nothing', async () => {
    const files = { ...(await added(commonJsApp())), [CONTROLLER]: '// mine' };
    await expect(generate('websocket', { name: 'chat' }, files)).rejects.toThrow(
      /chat\.controller\.ts/,
    );
  });

  it('writes TypeScript only', async () => {
    await expect(websocket({ language: 'js' })).rejects.toThrow('not "js"');
  });
});
