// Prints the commands of other runtimes, as JSON, once they are fetched: `{ "Node 22": ["/…/node"], … }`. The registry
// has their binaries for Linux on x64 as packages without scripts; elsewhere there are none.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeBinary } from '../../../test/compat/node-binary.mjs';
import { npmInstall, workspace } from '../../../test/compat/workspace.mjs';

const others = {
  Deno: { package: '@deno/linux-x64-glibc', version: '^2.9.6', command: ['deno', 'run', '-A'] },
  Bun: { package: '@oven/bun-linux-x64', version: '^1.4.5', command: ['bin/bun'] },
};

async function fetchOthers() {
  const project = join(workspace, 'client-runtimes');
  const commandOf = ({ package: name, command: [binary, ...args] }) => [
    join(project, 'node_modules', name, binary),
    ...args,
  ];
  if (!Object.values(others).every((one) => existsSync(commandOf(one)[0]))) {
    mkdirSync(project, { recursive: true });
    const dependencies = Object.fromEntries(
      Object.values(others).map((one) => [one.package, one.version]),
    );
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, dependencies }));
    await npmInstall(project);
  }
  return Object.entries(others).map(([name, one]) => [name, commandOf(one)]);
}

const commands = {};
if (process.platform === 'linux' && process.arch === 'x64') {
  for (const version of ['22', '24', '26'])
    commands[`Node ${version}`] = [await nodeBinary(version)];
  Object.assign(commands, Object.fromEntries(await fetchOthers()));
}
console.log(`\n${JSON.stringify(commands)}`);
