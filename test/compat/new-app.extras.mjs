// What more a new application may do with the package: the other generators and their options, a route
// and a test written by hand, the examples of the testing kit, a second application in a monorepo.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, root, run, sum } from '../harness.mjs';
import { quietly } from './heard.mjs';
import { exercise } from './new-app.walk.mjs';
import { startRegistry } from './registry.mjs';

/** @param tarballs Of the packages that are not published yet. */
export async function extras(folder, { extension, jsonReport, endToEnd }, tarballs) {
  const generated = await generate(folder);
  addRoute(folder);
  writeFileSync(join(folder, 'test/echo.e2e-spec.ts'), echoTest(extension));
  addExamples(folder, extension);
  return sum([
    generated,
    await exercise(folder, jsonReport),
    await breakGenerated(folder),
    await secondApplication(folder, extension, endToEnd, tarballs),
  ]);
}

const nest = (folder, ...args) => quietly('npx', ['--no', '--', 'nest', ...args], { cwd: folder });
const generateOurs = (folder, ...args) =>
  nest(folder, 'generate', '--collection', 'nestjs-revali-ws', ...args);

/** `nest g` passes no options on but its own. */
const withOptions = (folder, schematic, ...args) =>
  quietly('npx', ['--no', '--', 'schematics', `nestjs-revali-ws:${schematic}`, ...args], {
    cwd: folder,
  });

/** But the root module: Nest's own utility keeps its list in one line, however long. */
const generatedFiles = [
  'src/chat/chat.controller.ts',
  'src/chat/chat.controller.spec.ts',
  'src/jobs/jobs.controller.ts',
  'src/jobs/jobs.controller.spec.ts',
  'src/live/prices/prices.controller.ts',
  'src/live/prices/prices.controller.spec.ts',
  'src/lobby.rooms.ts',
  'src/lobby.rooms.spec.ts',
  'src/rooms/rooms.controller.ts',
  'src/rooms/rooms.controller.spec.ts',
  'src/traffic.observer.ts',
  'src/traffic.observer.spec.ts',
  'src/user-feed/user-feed.rooms.ts',
  'src/user-feed/user-feed.rooms.spec.ts',
  'src/votes/votes.controller.ts',
  'src/votes/votes.controller.spec.ts',
  'src/ws/ws.client.ts',
  'src/ws/ws.routes.ts',
  'test/chat.e2e-spec.ts',
  'test/jobs.e2e-spec.ts',
  'test/live/prices.e2e-spec.ts',
  'test/rooms.e2e-spec.ts',
  'test/votes.e2e-spec.ts',
];

/** The application's linter reads what is generated, and finds nothing to mend. */
async function generate(folder) {
  const made = sum([
    await generateOurs(folder, 'websocket', 'live/prices'),
    await generateOurs(folder, 'observer', 'traffic', '--flat'),
    await generateOurs(folder, 'rooms', 'user-feed'),
    await withOptions(folder, 'rooms', 'lobby', '--history', '--presence', '--flat'),
    await withOptions(
      folder,
      'websocket',
      'jobs',
      '--mode=receiveOnly',
      '--ping=5s',
      '--trigger-on-connect',
    ),
    await withOptions(folder, 'websocket', 'rooms', '--events'),
    await withOptions(folder, 'websocket', 'votes', '--events', '--mode=receiveOnly', '--ping=5s'),
  ]);
  const files = generatedFiles.map((file) => join(folder, file));
  const read = () => files.map((file) => readFileSync(file, 'utf8')).join();
  const written = read();
  const linted = check(await run('npm', ['run', 'lint'], { cwd: folder }));
  return sum([made, linted, check(read() === written ? 0 : 1)]);
}

function edit(file, replacements) {
  const before = readFileSync(file, 'utf8');
  const after = replacements.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`${file}: expected to find ${JSON.stringify(from)}`);
    return text.replace(from, to);
  }, before);
  writeFileSync(file, after);
}

function addRoute(folder) {
  edit(join(folder, 'src/app.controller.ts'), [
    [
      `import { Controller, Get } from '@nestjs/common';\n`,
      `import { Body, Controller, Get } from '@nestjs/common';\nimport { WebSocket } from 'nestjs-revali-ws';\n`,
    ],
    [
      '  @Get()\n',
      "  @WebSocket('echo')\n  echo(@Body() message: string): string {\n    return `Echo: ${message}`;\n  }\n\n  @Get()\n",
    ],
  ]);
}

const echoTest = (extension) => `import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { WebSocket } from 'ws';
import { AppModule } from './../src/app.module${extension}';

describe('echo (e2e)', () => {
  let app: INestApplication;

  beforeEach(async () => {
    const fixture = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = fixture.createNestApplication();
    await app.listen(0, '127.0.0.1');
  });

  it('/echo (WS)', async () => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const socket = new WebSocket(\`ws://127.0.0.1:\${port}/echo\`);
    await once(socket, 'open');
    const reply = once(socket, 'message');
    socket.send('Hello');
    expect(String((await reply)[0])).toBe('Echo: Hello');
    const closed = once(socket, 'close');
    socket.close(1000);
    expect((await closed)[0]).toBe(1000);
  });

  afterEach(async () => {
    await app.close();
  });
});
`;

/** The examples of the testing kit; a CommonJS application writes imports without extensions. */
function addExamples(folder, extension) {
  for (const [name, target] of [
    ['chat.ts', 'src/chat.ts'],
    ['chat.spec.ts', 'src/chat.spec.ts'],
    ['chat.e2e-spec.ts', 'test/chat.e2e-spec.ts'],
  ]) {
    const chat = target.startsWith('src/') ? './chat' : './../src/chat';
    cpSync(join(root, 'test/testing-kit', name), join(folder, target));
    if (name === 'chat.ts') continue;
    edit(join(folder, target), [["'./chat.js'", `'${chat}${extension}'`]]);
  }
}

/** A handler that is broken fails the e2e spec that was generated with it. */
async function breakGenerated(folder) {
  edit(join(folder, 'src/live/prices/prices.controller.ts'), [['`Echo: ${message}`', "'Broken'"]]);
  const code = await run('npm', ['run', 'test:e2e', '--', 'live/prices'], { cwd: folder });
  return check(code === 0 ? 1 : 0);
}

const pageTest = (extension) => `import { Test } from '@nestjs/testing';
import { SecondModule } from './../../src/second.module${extension}';

describe('the page of the routes (e2e)', () => {
  it.each([
    ['/async-api', '<title>'],
    ['/async-api-json', 'LatestController'],
  ])('%s (GET)', async (path, text) => {
    const fixture = await Test.createTestingModule({ imports: [SecondModule] }).compile();
    const app = fixture.createNestApplication();
    await app.listen(0, '127.0.0.1');
    const answer = await fetch(new URL(path, await app.getUrl()));
    expect(await answer.text()).toContain(text);
    await app.close();
  });
});
`;

/** The application becomes a monorepo, and its second application gets the page of the routes, too. */
async function secondApplication(folder, extension, endToEnd, tarballs) {
  const cwd = folder;
  const results = [
    check(await run('npx', ['--no', '--', 'nest', 'generate', 'app', 'second'], { cwd })),
    await addPage(folder, tarballs),
    await generateOurs(folder, 'websocket', 'news/latest', '--project', 'second'),
  ];
  writeFileSync(join(folder, 'apps/second/test/news/latest-page.e2e-spec.ts'), pageTest(extension));
  return sum([
    ...results,
    await quietly('npx', ['--no', '--', ...endToEnd, 'news/latest'], { cwd }),
  ]);
}

/** The CLI installs ours, as it does each time, and the generator what the option brings. */
async function addPage(folder, tarballs) {
  const registry = await startRegistry(...tarballs);
  const args = ['add', 'nestjs-revali-ws', '--asyncapi', '--project', 'second'];
  try {
    return await quietly('npx', ['--no', '--', 'nest', ...args], {
      cwd: folder,
      env: { npm_config_registry: registry.url },
    });
  } finally {
    registry.end();
  }
}
