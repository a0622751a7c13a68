// What a package under `packages/` gets without a line about it anywhere: a copy of the repository has one, sound
// first and broken afterwards.
//   node --test test/package/workspaces.node-test.mjs, with COMPAT_TARBALL
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { cleanEnvironment, root } from '../harness.mjs';
import { BROKEN, FOLDER, NAME, SOUND, STUB } from './workspace.fixture.mjs';

const COPIED = [
  '.changeset .npmrc .oxlintrc.json .prettierignore .prettierrc CHANGELOG.md LICENSE README.md',
  'jest.config.mjs nest-cli.json package.json package-lock.json scripts tsconfig.build.json',
  'tsconfig.cjs.json tsconfig.json test/commonjs-packages.mjs test/compat/workspace.mjs',
  'test/global-setup.mjs test/harness.mjs test/lanes.mjs test/run.mjs test/suites.mjs',
].flatMap((line) => line.split(' '));

const copy = mkdtempSync(join(tmpdir(), 'workspaces-'));
after(() => rmSync(copy, { recursive: true, force: true }));
/** In the place of the root's tarball, which takes longer to check. */
const standIn = join(copy, 'node_modules/.packed', `${NAME}-0.1.0.tgz`);
setUp();

/**
 * The copy has the root's build already, but no tests of the root and hardly a source: other steps check those.
 */
function setUp() {
  for (const path of COPIED) cpSync(join(root, path), join(copy, path), { recursive: true });
  write('lib/index.ts', STUB);
  for (const name of ['content', 'workspaces'])
    write(`test/package/${name}.node-test.mjs`, 'process.exitCode = 0;\n');
  const modules = join(copy, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== 'nestjs-revali-ws')
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
  // As `npm ci` links them.
  symlinkSync(copy, join(modules, 'nestjs-revali-ws'));
  symlinkSync(join(copy, FOLDER), join(modules, NAME));
  const tarball = resolve(process.env.COMPAT_TARBALL);
  execFileSync('tar', ['xzmf', tarball, '-C', copy, '--strip-components=1', 'package/dist']);
}

function write(path, text) {
  mkdirSync(dirname(join(copy, path)), { recursive: true });
  writeFileSync(join(copy, path), text);
}

function put(files) {
  for (const [path, text] of Object.entries(files)) write(join(FOLDER, path), text);
}

/** @returns How a command in the copy ended, and all that it said. */
function run(command, ...args) {
  const env = cleanEnvironment({
    COMPAT_TARBALL: standIn,
    COMPAT_DIR: join(copy, 'node_modules/.packed'),
  });
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: copy,
    env,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

const build = () => run(process.execPath, 'scripts/build.mjs', '--if-changed');
const steps = () =>
  run(process.execPath, 'test/run.mjs', 'typecheck', 'lint', 'packages', 'package');
const versionIn = (path) => JSON.parse(readFileSync(join(copy, path, 'package.json'))).version;

void test('a sound package is built, checked, linted, tested and packed', () => {
  put(SOUND);
  const built = build();
  assert.equal(built.status, 0, built.output);
  mkdirSync(dirname(standIn));
  run('npm', 'pack', '--workspace', FOLDER, '--pack-destination', dirname(standIn));
  const { status, output } = steps();
  assert.equal(status, 0, output);
  assert.match(output, /PASS packages packages\/fixture\/test\/fixture\.spec\.ts/);
  // The checks of the root's stand-in and those of its own, after two files without tests.
  assert.match(output, /^ok {4} package {5}6 passed/m);
});

void test('npm resolves it from the lock file, which names no registry', () => {
  const args = ['install', '--offline', '--package-lock-only', '--ignore-scripts'];
  const { status, output } = run('npm', ...args);
  assert.equal(status, 0, output);
  const lock = readFileSync(join(copy, 'package-lock.json'), 'utf8');
  assert.deepEqual(JSON.parse(lock).packages[`node_modules/${NAME}`], {
    resolved: FOLDER,
    link: true,
  });
  assert.doesNotMatch(lock, /"resolved": "https?:/);
});

void test('a release asks of it what it asks of the root', () => {
  const { status, output } = run(process.execPath, 'scripts/release.mjs');
  assert.equal(status, 1, output);
  assert.match(output, /packages\/fixture\/package\.json has no "repository"/);
});

void test('a broken package fails each of them', () => {
  put(BROKEN);
  const built = build();
  assert.notEqual(built.status, 0);
  assert.match(built.output, /lib\/index\.ts.*error TS2322/);
  const { status, output } = steps();
  assert.equal(status, 1, output);
  for (const name of ['typecheck', 'lint', 'packages', 'package'])
    assert.match(output, new RegExp(`^FAILED ${name} `, 'm'), output);
});

// It rewrites package.json, so that the root's build is no longer fresh.
void test("a changeset raises its version, and the root's", () => {
  run('git', 'init', '--quiet');
  write('.changeset/one.md', `---\n'${NAME}': minor\n'nestjs-revali-ws': patch\n---\n\nNews.\n`);
  const { status, output } = run('npx', '--no', '--', 'changeset', 'version');
  assert.equal(status, 0, output);
  assert.equal(versionIn(FOLDER), '0.2.0');
  assert.equal(versionIn('.'), '0.1.1');
});
