// The README's way as long as the package is not on npm: packed in a clone, and installed beside it.
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { check, root, run, sum } from '../harness.mjs';
import { npmWarnings, quietly } from './heard.mjs';
import { newApplication } from './new-app.walk.mjs';
import { quickStart } from './quick-start.mjs';
import { workspace } from './workspace.mjs';

/** From the packed file to a build with a generated controller. */
export async function walkUnpublished(application, tarball) {
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  // Where `npm pack --pack-destination ..` leaves it.
  copyFileSync(tarball, join(workspace, `${name}-${version}.tgz`));
  const { commands, unpublished } = quickStart();
  const folder = await newApplication({ ...application, name: `packed-app-${application.nest}` });
  const logs = `${folder}-npm-logs`;
  rmSync(logs, { recursive: true, force: true });
  const results = [];
  for (const [command, ...args] of unpublished)
    results.push(
      check(await run(command, args, { cwd: folder, env: { npm_config_logs_dir: logs } })),
    );
  const warnings = npmWarnings(logs);
  for (const warning of warnings) console.log(`npm WARNS: ${warning}`);
  results.push(check(existsSync(logs) && warnings.length === 0 ? 0 : 1));
  for (const [command, ...args] of commands.slice(1))
    results.push(await quietly(command, args, { cwd: folder }));
  results.push(await quietly('npm', ['run', 'build'], { cwd: folder, timeout: 180_000 }));
  const module = readFileSync(join(folder, 'src/app.module.ts'), 'utf8');
  const wired = ['RevaliWsModule.forRoot()', 'ChatController'].every((one) => module.includes(one));
  return sum([...results, check(wired ? 0 : 1)]);
}
