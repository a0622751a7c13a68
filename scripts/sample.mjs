// Builds the package and one sample, and runs it: npm run sample -- 02-chat, or only its number
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const samples = readdirSync(join(root, 'sample')).filter((name) => /^\d\d-/.test(name));
const [wanted] = process.argv.slice(2);
const name = samples.find((each) => each === wanted || each.startsWith(`${wanted}-`));
if (!name) {
  console.error(`Which sample? npm run sample -- ${samples.join(' | ')}`);
  process.exit(1);
}

const build = (...args) =>
  execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
build('scripts/build.mjs', '--if-changed');
build('node_modules/typescript/bin/tsc', '-p', `sample/${name}/tsconfig.json`);

const app = spawn(process.execPath, [`sample/${name}/dist/main.js`], {
  cwd: root,
  stdio: 'inherit',
});
// Ctrl+C reaches the application too, which closes its connections; this process waits for it.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => app.kill('SIGTERM'));
app.once('exit', (code) => (process.exitCode = code ?? 0));
