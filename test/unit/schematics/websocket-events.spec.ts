import { readFileSync } from 'node:fs';
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

const events = (options: object = {}, app = commonJsApp) =>
  websocket({ events: true, ...options }, app);

afterAll(endGenerators);

describe('the websocket generator with --events', () => {
  it('writes a controller of messages, its spec and an e2e spec', async () => {
    const run = await events();
    expect(created(run, commonJsApp())).toEqual([SPEC, CONTROLLER, E2E].toSorted());
    expect(run.files[SPEC]).toContain("controller.say({ text: 'hello' })");
    expect(run.files[E2E]).toContain("socket.send({ type: 'say', text: 'hello' })");
    expect(run.log).toEqual([]);
  });

  it('writes what the documentation shows, which is run on both platforms', async () => {
    const { files: written } = await events();
    const page = readFileSync('docs/generators.md', 'utf8');
    expect(/```ts\n(.*?)```\n/s.exec(page)?.[1]).toBe(written[CONTROLLER]);
  });

  it('writes one handler for all messages without it', async () => {
    const { files: written } = await websocket({ events: false });
    expect(written).toEqual((await websocket()).files);
    expect(written[CONTROLLER]).not.toContain('WebSocketController');
  });

  it('keeps what clients say for the application with receiveOnly', async () => {
    const { files: written } = await events({ mode: 'receiveOnly' });
    expect(written[CONTROLLER]).toContain("@WebSocketController('chat', { mode: 'receiveOnly' })");
    expect(written[CONTROLLER]).toContain(`  /** What clients say. */
  readonly messages = new Subject<Say>();

  @OnConnect()
  join(connection: WebSocketConnection): void {
    this.connections.add(connection);
  }

  @OnMessage('say')
  say(@Body() message: Say): void {
    this.messages.next(message);
  }

  @OnClose()`);
    expect(written[SPEC]).toContain('firstValueFrom(controller.messages)');
    expect(written[SPEC]).toContain("controller.say({ text: 'hello' })");
    expect(written[E2E]).toContain("import { firstValueFrom } from 'rxjs';");
    for (const file of [CONTROLLER, SPEC, E2E]) expect(faultsOf(written[file])).toEqual([]);
  });

  it.each([
    [{ ping: '5s' }, "@WebSocketController('chat', { ping: '5s' })"],
    [
      { mode: 'receiveOnly', ping: '2m' },
      "@WebSocketController('chat', { mode: 'receiveOnly', ping: '2m' })",
    ],
    // A method of its own runs on connect.
    [{ triggerOnConnect: true }, "@WebSocketController('chat')\n"],
    [{ path: '/live/:room/*rest{/:id}' }, "@WebSocketController('live/:room/*rest{/:id}')"],
    [{ path: "it's" }, String.raw`@WebSocketController('it\'s')`],
    [{ path: '/' }, "@WebSocketController('')"],
  ])('writes the options %j', async (options, decorator) => {
    const { files: written } = await events(options);
    expect(written[CONTROLLER]).toContain(decorator);
    for (const file of [CONTROLLER, SPEC, E2E]) expect(faultsOf(written[file])).toEqual([]);
  });

  it('connects to the path', async () => {
    const { files: written } = await events({ path: '/live/:room/*rest{/:id}' });
    expect(written[E2E]).toContain("connect(app, '/live/1/rest')");
  });

  it('refuses what is neither yes nor no', async () => {
    await expect(events({ events: 'say' })).rejects.toThrow('/events');
  });

  it('refuses sendOnly, which receives no messages', async () => {
    await expect(events({ mode: 'sendOnly' })).rejects.toThrow(
      '--events is for messages that clients send; with --mode=sendOnly there are none.',
    );
  });

  it('refuses a name that would make a class of the name of its decorator', async () => {
    await expect(events({ name: 'chat/web-socket' })).rejects.toThrow(
      'With --events, "web-socket" cannot be the name',
    );
    const { files: written } = await websocket({ name: 'web-socket' });
    expect(written).toHaveProperty(['/src/web-socket/web-socket.controller.ts']);
  });

  it.each([
    [{ path: 'a b' }, 'is not a path that a client can request'],
    [{ path: '--ping=5s' }, 'npx schematics nestjs-revali-ws:websocket chat --ping=5s'],
    [{ name: '../chat' }, 'leads out of the source folder'],
    [{ specFileSuffix: '../x' }, 'cannot be the suffix'],
    [{ language: 'js' }, 'not "js"'],
  ])('refuses %j as it does without', async (options, message) => {
    await expect(events(options)).rejects.toThrow(message);
  });

  it('declares the controller in the root module, which the e2e spec starts', async () => {
    const { files: written } = await events();
    const module = written['/src/app.module.ts'];
    expect(module).toContain("import { ChatController } from './chat/chat.controller';");
    expect(module).toContain('controllers: [AppController, ChatController],');
    expect(written[E2E]).toContain('imports: [AppModule],');
  });

  it('writes an e2e spec that stands alone where no module declares the controller', async () => {
    const { files: written } = await events({ skipImport: true });
    expect(written['/src/app.module.ts']).not.toContain('ChatController');
    expect(written[E2E]).toContain("import { ChatController } from '../src/chat/chat.controller';");
    expect(written[E2E]).toContain('imports: [RevaliWsModule.forRoot()],');
    expect(written[E2E]).toContain('controllers: [ChatController],');
  });

  it('goes without a folder, or without specs', async () => {
    expect(created(await events({ name: 'chat/rooms', flat: true }), commonJsApp())).toEqual([
      '/src/chat/rooms.controller.spec.ts',
      '/src/chat/rooms.controller.ts',
      '/test/chat/rooms.e2e-spec.ts',
    ]);
    expect(created(await events({ spec: false }), commonJsApp())).toEqual([CONTROLLER]);
  });

  it('takes the suffix of specs', async () => {
    const { files: written } = await events({ specFileSuffix: 'test' }, () => {
      const { '/test/jest-e2e.json': _config, ...files } = commonJsApp();
      return files;
    });
    expect(written).toHaveProperty(['/src/chat/chat.controller.test.ts']);
    expect(written).toHaveProperty(['/test/chat.e2e-test.ts']);
  });

  it('writes imports with extensions in an application of ES modules', async () => {
    const { files: written } = await events({}, esmApp);
    expect(written[SPEC]).toContain("from './chat.controller.js'");
    expect(written[SPEC]).not.toContain("'vitest'");
    expect(written[E2E]).toContain("from '../src/app.module.js'");
  });

  it('imports from vitest where it has no globals', async () => {
    const bare = { '/vitest.config.ts': 'test: {}', '/vitest.config.e2e.ts': "'**/*.e2e-spec.ts'" };
    const { files: written } = await events({}, () => ({ ...esmApp(), ...bare }));
    for (const spec of [SPEC, E2E]) {
      expect(written[spec]).toMatch(/^import \{.* expect, it \} from 'vitest';\n/);
    }
  });

  it('writes into one application of a monorepo', async () => {
    const project = { project: 'api' };
    const files = await added(monorepo(), project);
    const options = { name: 'chat', events: true, ...project };
    expect(created(await generate('websocket', options, files), files)).toEqual([
      '/apps/api/src/chat/chat.controller.spec.ts',
      '/apps/api/src/chat/chat.controller.ts',
      '/apps/api/test/chat.e2e-spec.ts',
    ]);
  });

  it('overwrites nothing', async () => {
    const files = { ...(await added(commonJsApp())), [CONTROLLER]: '// mine' };
    await expect(generate('websocket', { name: 'chat', events: true }, files)).rejects.toThrow(
      /chat\.controller\.ts/,
    );
  });
});
