// What a command says, besides its exit code: a user's first minutes must be free of warnings.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, root, run } from '../harness.mjs';

const complaint = /\bwarn|deprecat|\bpeer dep|\bERESOLVE\b|\bUNMET\b|\binvalid:/i;

/** Passes what it hears on, and keeps it. */
export class Listener {
  text = '';

  write(chunk) {
    process.stdout.write(chunk);
    this.text += chunk;
  }

  /** Shown, and counted as one check. */
  complaints() {
    const lines = this.text.split('\n').filter((line) => complaint.test(line));
    for (const line of lines) console.log(`A WARNING: ${line}`);
    return lines;
  }
}

/** Passes where the command succeeds and warns of nothing. */
export async function quietly(command, args, options) {
  const output = new Listener();
  const code = await run(command, args, { ...options, output });
  return check(code === 0 && output.complaints().length === 0 ? 0 : 1);
}

const { name, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** What our package brings into an application. */
const brought = [name, '@nestjs/websockets', ...Object.keys(dependencies)];

/**
 * npm's warnings, from the logs that it wrote into this folder: the Nest CLI shows none of them. What
 * is said of other packages, that they are deprecated, want another Node or have scripts to install,
 * was so before ours came.
 */
export function npmWarnings(folder) {
  const messages = new Map();
  for (const file of existsSync(folder) ? readdirSync(folder) : [])
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      const [, number, text] = /^(\d+) warn (.*)$/.exec(line) ?? [];
      if (number) messages.set(file + number, `${messages.get(file + number) ?? ''}${text}\n`);
    }
  return [...messages.values()].filter((message) => !isOfOthers(message));
}

const isOfOthers = (message) =>
  /^(EBADENGINE|deprecated|install-scripts)\b/.test(message) &&
  !brought.some((one) => [`'${one}@`, ` ${one}@`].some((mention) => message.includes(mention)));
