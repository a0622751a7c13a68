// A user's first minutes, with the README's own commands: nothing else is installed or edited.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishedPackages } from '../../scripts/packages.mjs';
import { check, mustRun, root, run, runTests, sum } from '../harness.mjs';
import { firstApp } from './first-app.mjs';
import { firstMessage, inBrowser, inNode } from './first-message.mjs';
import { npmWarnings, quietly } from './heard.mjs';
import { quickStart } from './quick-start.mjs';
import { startRegistry } from './registry.mjs';
import { reuse, workspace } from './workspace.mjs';

/** A new application, made by the CLI of that version. */
export async function newApplication({ nest, newOptions, name = `new-app-${nest}` }) {
  const folder = join(workspace, name);
  const kept = join(workspace, `${name}-kept`);
  rmSync(kept, { recursive: true, force: true });
  const installed = reuse && existsSync(join(folder, 'node_modules'));
  if (installed) {
    mkdirSync(kept);
    renameSync(join(folder, 'node_modules'), join(kept, 'node_modules'));
    // npm would take our packages of an earlier run for the same: their versions are.
    for (const { folder: from } of [{ folder: '.' }, ...publishedPackages()]) {
      const manifest = JSON.parse(readFileSync(join(root, from, 'package.json'), 'utf8'));
      const commands = Object.keys(manifest.bin ?? {}).map((command) => `.bin/${command}`);
      // A command that is linked already would not be made executable.
      for (const path of [manifest.name, ...commands])
        rmSync(join(kept, 'node_modules', path), { recursive: true, force: true });
    }
    rmSync(join(kept, 'node_modules/.package-lock.json'), { force: true });
  }
  rmSync(folder, { recursive: true, force: true });
  const flags = ['--skip-git', '--package-manager', 'npm', ...newOptions];
  if (installed) flags.push('--skip-install');
  await mustRun('npx', ['--yes', `@nestjs/cli@${nest}`, 'new', name, ...flags], {
    cwd: workspace,
    // What CI has fetched for the repository itself need not be asked for again.
    env: { npm_config_prefer_offline: 'true', npm_config_loglevel: 'error' },
  });
  if (installed) renameSync(join(kept, 'node_modules'), join(folder, 'node_modules'));
  rmSync(kept, { recursive: true, force: true });
  return folder;
}

const ANSWER = 'Echo: hi';

/** From `nest add` to an answer in the browser, to the page on the first app, and to a typed client's answer. */
export async function walk(folder, tarballs, { jsonReport, extension }) {
  const { commands, script, client } = quickStart();
  const results = [];
  for (const command of commands) results.push(await follow(command, folder, tarballs));
  results.push(await firstApp(folder, extension, (command) => follow(command, folder, tarballs)));
  results.push(await exercise(folder, jsonReport));
  const answered = await firstMessage(folder, inBrowser(script), ANSWER);
  for (const command of client.commands) results.push(await follow(command, folder, tarballs));
  results.push(await typedClient(folder, client));
  return sum([...results, check(answered ? 0 : 1)]);
}

/** The lines of the README as a file of the application, which compiles; with a mistake in them it does not. */
async function typedClient(folder, { file, script }) {
  const path = join(folder, file);
  const build = () => quietly('npm', ['run', 'build'], { cwd: folder });
  writeFileSync(path, script.replace("'hi'", '{ text: 1 }'));
  const mistaken = await run('npm', ['run', 'build'], { cwd: folder });
  writeFileSync(path, script);
  const built = await build();
  const compiled = join(folder, file.replace(/^src/, 'dist').replace(/ts$/, 'js'));
  const answered = await firstMessage(folder, inNode(compiled), ANSWER);
  rmSync(path);
  rmSync(compiled);
  return sum([built, check(mistaken === 0 ? 1 : 0), check(answered ? 0 : 1)]);
}

/** The Nest CLI installs the package by itself, from a registry. */
async function follow([command, ...args], folder, tarballs) {
  const registry = await startRegistry(...tarballs);
  const logs = `${folder}-npm-logs`;
  rmSync(logs, { recursive: true, force: true });
  try {
    // What npm warns of is read from its logs: it may be about packages of others.
    const npm = { npm_config_registry: registry.url, npm_config_loglevel: 'error' };
    const env = { ...npm, npm_config_logs_dir: logs };
    const done = await quietly(command, args, { cwd: folder, env });
    const warnings = npmWarnings(logs);
    for (const warning of warnings) console.log(`npm WARNS: ${warning}`);
    return sum([done, check(existsSync(logs) && warnings.length === 0 ? 0 : 1)]);
  } finally {
    registry.end();
  }
}

/** Its own scripts: unit tests, end-to-end tests, build. */
export async function exercise(folder, jsonReport) {
  const tests = (script) =>
    runTests((report) =>
      run('npm', ['run', script, '--', ...jsonReport, `--outputFile=${report}`], {
        cwd: folder,
        timeout: 180_000,
      }),
    );
  return sum([
    await tests('test'),
    await tests('test:e2e'),
    await quietly('npm', ['run', 'build'], { cwd: folder, timeout: 180_000 }),
  ]);
}
