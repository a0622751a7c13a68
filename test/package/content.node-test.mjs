// What npm would publish, unpacked: every file that belongs in it and no other, and every way in.
//   node --test test/package/content.node-test.mjs, with COMPAT_TARBALL
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from '../harness.mjs';

const folder = mkdtempSync(join(tmpdir(), 'packed-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const unpacked = unpack();
const read = (path) => readFileSync(join(unpacked, path), 'utf8');
const manifest = JSON.parse(read('package.json'));
const packed = filesIn(unpacked);
const sources = filesIn(join(root, 'lib'));

/** Beside the packages that the repository has installed, where an application would have it. */
function unpack() {
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  // All but the link to the repository itself.
  const installed = readdirSync(join(root, 'node_modules'));
  for (const name of installed.filter((one) => one !== 'nestjs-revali-ws'))
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  execFileSync('tar', ['xzf', resolve(process.env.COMPAT_TARBALL), '-C', modules]);
  execFileSync('mv', [join(modules, 'package'), join(modules, 'nestjs-revali-ws')]);
  return join(modules, 'nestjs-revali-ws');
}

function filesIn(top) {
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(top, join(entry.parentPath, entry.name)));
}

/** What the two builds make of the sources; the generators are CommonJS alone. */
function expectedFiles() {
  const compiled = (build, names) =>
    names.flatMap((name) =>
      ['.d.ts', '.js', '.js.map'].map((ending) => `dist/${build}/${name.slice(0, -3)}${ending}`),
    );
  const modules = sources.filter((name) => name.endsWith('.ts'));
  const others = sources.filter((name) => !name.endsWith('.ts'));
  return [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'package.json',
    'dist/cjs/package.json',
    ...compiled('cjs', modules),
    ...compiled(
      'esm',
      modules.filter((name) => !name.startsWith('schematics/')),
    ),
    ...others.map((name) => `dist/cjs/${name}`),
  ];
}

/** The file of an export for one way of loading it. */
const targetsOf = (entry) =>
  typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(targetsOf);

void test('the package has the builds of all sources, its papers, and nothing else', () => {
  assert.deepEqual(new Set(packed), new Set(expectedFiles()));
});

void test('beside sources, the generators have collection, schemas and templates alone', () => {
  const others = sources.filter((name) => !name.endsWith('.ts'));
  for (const name of others)
    assert.match(
      name,
      /^schematics\/(collection|[\w-]+\/schema)\.json$|^schematics\/.+\.template$/,
    );
});

void test('a source map brings the sources that it speaks of', () => {
  for (const name of packed.filter((file) => file.endsWith('.js.map'))) {
    const { sources: named, sourcesContent } = JSON.parse(read(name));
    const original = join(root, 'lib', name.replace(/^dist\/(esm|cjs)\//, '').slice(0, -7) + '.ts');
    assert.equal(named.length, 1, name);
    assert.deepEqual(sourcesContent, [readFileSync(original, 'utf8')], name);
    const last = read(name.slice(0, -4)).trimEnd().split('\n').at(-1);
    assert.equal(last, `//# sourceMappingURL=${name.split('/').at(-1)}`);
  }
});

void test('a declaration keeps the documentation of what it exports', () => {
  const flat = (text) => text.replaceAll(/\s+/g, ' ');
  let found = 0;
  for (const name of packed.filter((file) => file.endsWith('.d.ts'))) {
    const original = name.replace(/^dist\/(esm|cjs)\//, '').slice(0, -5) + '.ts';
    const text = readFileSync(join(root, 'lib', original), 'utf8');
    const declaration = flat(read(name));
    for (const [comment] of text.matchAll(/\/\*\*(?:(?!\*\/)[^])*\*\/(?=\nexport )/g)) {
      found += 1;
      assert.ok(declaration.includes(flat(comment)), `${name} has lost ${comment}`);
    }
    assert.doesNotMatch(declaration, /sourceMappingURL/, name);
  }
  assert.ok(found > 200, `only ${found} comments were looked for`);
});

void test('every file that the manifest names is there', () => {
  const named = [
    manifest.main,
    manifest.module,
    manifest.types,
    manifest.schematics,
    ...targetsOf(manifest.exports),
  ];
  for (const path of named) assert.ok(packed.includes(path.slice(2)), path);
});

void test('every export is imported and required, with the same names', async () => {
  const require = createRequire(join(folder, 'app.cjs'));
  writeFileSync(join(folder, 'app.mjs'), 'export const load = (name) => import(name);\n');
  const { load } = await import(pathToFileURL(join(folder, 'app.mjs')).href);
  for (const name of Object.keys(manifest.exports).filter((path) => !path.endsWith('.json'))) {
    const module = join('nestjs-revali-ws', name);
    assert.equal(require.resolve(module), join(unpacked, manifest.exports[name].require.default));
    const names = Object.keys(require(module)).toSorted();
    assert.deepEqual(Object.keys(await load(module)).toSorted(), names, name);
    assert.notEqual(names.length, 0, name);
  }
  assert.equal(require('nestjs-revali-ws/package.json').version, manifest.version);
  assert.throws(
    () => require('nestjs-revali-ws/dist/cjs/index.js'),
    /ERR_PACKAGE_PATH_NOT_EXPORTED|not defined/,
  );
});

void test('every generator of the collection can be loaded', () => {
  const require = createRequire(join(unpacked, manifest.schematics));
  const collection = join(unpacked, dirname(manifest.schematics));
  const { schematics } = JSON.parse(read(manifest.schematics));
  for (const [name, { factory, schema }] of Object.entries(schematics)) {
    const [file, exported] = factory.split('#');
    assert.equal(typeof require(join(collection, file))[exported ?? 'default'], 'function', name);
    assert.equal(typeof require(join(collection, schema)), 'object', name);
  }
});

/** A CommonJS library and an ES module application, which each see the declarations of one build. */
const LIBRARY = `
import { AsyncWebSocketSender, CleanUp, CloseWebSocket, CloseWebSocketException, PreparedMessage } from 'nestjs-revali-ws';
import { RevaliWsMetrics, WebSocketConnection, WebSocketRoutes } from 'nestjs-revali-ws';
import type { MessageCodec, RevaliWsModuleOptions } from 'nestjs-revali-ws';
import type { WebSocketObserver, WebSocketObserverContext } from 'nestjs-revali-ws';

export class Observer implements WebSocketObserver {
  onOpen(context: WebSocketObserverContext): void {
    void context.connection.id;
  }
}
export class Refusal extends CloseWebSocketException {}
export const codec: MessageCodec = { decode: (data) => data, encode: () => '' };
export const options = (): RevaliWsModuleOptions => ({ observers: [Observer] });
export const greet = (connection: WebSocketConnection<{ name: string }>): void => void connection.send('hi');
export const pass = (message: PreparedMessage): PreparedMessage => message;
export const use = (
  handles: [AsyncWebSocketSender, CleanUp, CloseWebSocket, RevaliWsMetrics, WebSocketRoutes],
): number => handles.length;
`;
const APPLICATION = `
import { AsyncWebSocketSender, CleanUp, CloseWebSocket, CloseWebSocketException } from 'nestjs-revali-ws';
import { RevaliWsMetrics, RevaliWsModule, UseObservers, WebSocket } from 'nestjs-revali-ws';
import { WebSocketConnection, WebSocketRoutes } from 'nestjs-revali-ws';
import { fakeConnection } from 'nestjs-revali-ws/testing';
import * as library from './library.cjs';

@UseObservers(library.Observer)
class Routes {
  @WebSocket('a', { format: library.codec })
  handle(
    connection: WebSocketConnection<{ name: string }>,
    ...handles: [AsyncWebSocketSender, CleanUp, CloseWebSocket, RevaliWsMetrics, WebSocketRoutes]
  ): unknown {
    library.greet(connection);
    library.use(handles);
    return library.pass(connection.prepare(1));
  }
}
void new Routes();
library.greet(fakeConnection({ data: { name: 'Ada' } }));
export const refusal: CloseWebSocketException = new library.Refusal(4000, '');
export const modules = [
  RevaliWsModule.forRoot(library.options()),
  RevaliWsModule.forRoot({ observers: [library.Observer] }),
];
`;

void test('the types of both builds fit each other', () => {
  writeFileSync(join(folder, 'library.cts'), LIBRARY);
  writeFileSync(join(folder, 'application.mts'), APPLICATION);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        target: 'es2023',
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        experimentalDecorators: true,
        types: ['node'],
      },
      files: ['library.cts', 'application.mts'],
    }),
  );
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
  assert.equal(stdout, '');
});
