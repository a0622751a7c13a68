import {
  commonJsApp,
  endGenerators,
  esmApp,
  generate,
  monorepo,
  type Run,
} from '../../support/schematics/schematics.js';
import { added, created, faultsOf } from '../../support/schematics/websocket.js';

const ROOMS = '/src/chat/chat.rooms.ts';
const SPEC = '/src/chat/chat.rooms.spec.ts';
const MODULE = '/src/app.module.ts';

const rooms = async (options: object = {}, app = commonJsApp): Promise<Run> =>
  generate('rooms', { name: 'chat', ...options }, await added(app()));

afterAll(endGenerators);

describe('the rooms generator', () => {
  it('writes a kind of rooms and its spec', async () => {
    const run = await rooms();
    expect(created(run, commonJsApp())).toEqual([SPEC, ROOMS]);
    expect(run.files[ROOMS])
      .toBe(`import { Rooms, WebSocketConnection, WebSocketRooms } from 'nestjs-revali-ws';

/** A broadcast message. */
export interface ChatMessage {
  readonly text: string;
}

@WebSocketRooms('chat')
export class ChatRooms extends Rooms<ChatMessage> {
  /** Clients that are refused get 403. */
  override authorize(
    connection: WebSocketConnection<object>,
    room: string,
  ): boolean {
    return !room.startsWith('private-');
  }
}
`);
    expect(run.files[SPEC]).toContain("import { ChatRooms } from './chat.rooms';");
    expect(run.files[SPEC]).not.toContain('memberOf');
    expect(run.log).toEqual([]);
  });

  it('keeps history, or who is here, where it is told so', async () => {
    const { files: both } = await rooms({ history: true, presence: true });
    expect(both[ROOMS]).toContain("history: { messages: 100, age: '5m' },");
    expect(both[ROOMS]).toContain('presence: true,\n');
    expect(both[ROOMS]).toContain('class ChatRooms extends Rooms<ChatMessage, ChatMember> {');
    expect(both[ROOMS]).toContain('override memberOf(');
    expect(both[SPEC]).toContain('rooms.memberOf(');
    const { files: history } = await rooms({ history: true });
    expect(history[ROOMS]).toContain('history:');
    expect(history[ROOMS]).not.toMatch(/presence|Member\b/);
    const { files: presence } = await rooms({ presence: true });
    expect(presence[ROOMS]).toContain("@WebSocketRooms('chat', {\n  presence: true,");
    for (const code of [both[ROOMS], both[SPEC], history[ROOMS], presence[ROOMS]])
      expect(faultsOf(code)).toEqual([]);
  });

  it('makes them a provider of the nearest module', async () => {
    const { files: root } = await rooms();
    expect(root[MODULE]).toContain("import { ChatRooms } from './chat/chat.rooms';");
    expect(root[MODULE]).toContain('providers: [ChatRooms],');
    const files = await added(commonJsApp());
    const near = '@Module({ providers: [ChatService] })\nexport class ChatModule {}\n';
    const { files: written } = await generate(
      'rooms',
      { name: 'chat/lobby' },
      { ...files, '/src/chat/chat.module.ts': near },
    );
    expect(written['/src/chat/chat.module.ts']).toBe(
      "import { LobbyRooms } from './lobby/lobby.rooms';\n\n@Module({ providers: [ChatService, LobbyRooms] })\nexport class ChatModule {}\n",
    );
    expect(written[MODULE]).toBe(files[MODULE]);
  });

  it('leaves the module alone, or says what to do by hand', async () => {
    const alone = await rooms({ skipImport: true });
    expect(alone.files[MODULE]).not.toContain('ChatRooms');
    const files = { ...(await added(commonJsApp())) };
    files[MODULE] = files[MODULE]?.replace('controllers:', 'providers: all,\n  controllers:') ?? '';
    const { files: written, log } = await generate('rooms', { name: 'chat' }, files);
    expect(log).toEqual(['Please add ChatRooms to the providers of src/app.module.ts by hand.']);
    expect(written).toHaveProperty([ROOMS]);
  });

  it('says what is missing before nest add', async () => {
    const { log } = await generate('rooms', { name: 'chat' }, commonJsApp());
    expect(log).toEqual(['No module imports RevaliWsModule yet: nest add nestjs-revali-ws']);
  });

  it.each([
    ['user-feed', 'user-feed', 'UserFeedRooms', 'user-feed'],
    ['UserFeed', 'user-feed', 'UserFeedRooms', 'user-feed'],
    ['user_feed', 'user_feed', 'UserFeedRooms', 'user-feed'],
    ['chat.v2', 'chat.v2', 'ChatV2Rooms', 'chat-v2'],
  ])('makes of %s a file, a class and the name of a kind', async (name, file, symbol, kind) => {
    const run = await rooms({ name, spec: false });
    const [path = ''] = created(run, commonJsApp());
    expect(path).toBe(`/src/${file}/${file}.rooms.ts`);
    expect(run.files[path]).toContain(`@WebSocketRooms('${kind}')\nexport class ${symbol} `);
    expect(faultsOf(run.files[path])).toEqual([]);
  });

  it.each([
    ['x'.repeat(33), 'longer than 32 characters'],
    ['rooms', 'that of Rooms itself'],
    ['chat/rooms', 'that of Rooms itself'],
    ['web-socket', 'the decorator of the class'],
    ['1st', 'cannot be the name of a class'],
    ['../chat', 'leads out of the source folder'],
    ["it's", 'cannot be the name of a'],
  ])('refuses the name %s', async (name, reason) => {
    await expect(rooms({ name })).rejects.toThrow(reason);
  });

  it('takes a name of 32 characters', async () => {
    const name = 'x'.repeat(32);
    const { files: written } = await rooms({ name });
    expect(written[`/src/${name}/${name}.rooms.ts`]).toContain(`@WebSocketRooms('${name}')`);
  });

  it('refuses an option in place of the folder, and says how to give it', async () => {
    await expect(rooms({ path: '--history' })).rejects.toThrow(
      'npx schematics nestjs-revali-ws:rooms chat --history',
    );
  });

  it('goes without a folder, or without a spec, into any folder', async () => {
    const run = await rooms({ flat: true, spec: false, path: 'live' });
    expect(created(run, commonJsApp())).toEqual(['/src/live/chat.rooms.ts']);
    expect(run.files[MODULE]).toContain("from './live/chat.rooms'");
    const suffixed = await rooms({ specFileSuffix: 'test' });
    expect(suffixed.files).toHaveProperty(['/src/chat/chat.rooms.test.ts']);
  });

  it('writes imports with extensions, and from vitest where it has no globals', async () => {
    const bare = { '/vitest.config.ts': 'test: {}', '/vitest.config.e2e.ts': 'test: {}' };
    const { files: written } = await rooms({}, () => ({ ...esmApp(), ...bare }));
    expect(written[MODULE]).toContain("'./chat/chat.rooms.js'");
    expect(written[SPEC]).toContain("from './chat.rooms.js'");
    expect(written[SPEC]).toMatch(/^import \{ describe, expect, it \} from 'vitest';\n/);
  });

  it('writes into the sources of nest-cli.json, or of one application of a monorepo', async () => {
    const { files: elsewhere } = await generate(
      'rooms',
      { name: 'chat', sourceRoot: 'server' },
      commonJsApp(),
    );
    expect(elsewhere).toHaveProperty(['/server/chat/chat.rooms.ts']);
    const project = { project: 'api' };
    const files = await added(monorepo(), project);
    const run = await generate('rooms', { name: 'chat', ...project }, files);
    expect(created(run, files)).toEqual([
      '/apps/api/src/chat/chat.rooms.spec.ts',
      '/apps/api/src/chat/chat.rooms.ts',
    ]);
    expect(run.files['/apps/api/src/app.module.ts']).toContain('providers: [ChatRooms]');
  });

  it('writes TypeScript only', async () => {
    await expect(rooms({ language: 'js' })).rejects.toThrow('not "js"');
  });
});
