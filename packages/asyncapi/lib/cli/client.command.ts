import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AsyncApiDocument } from '../document/document.types.js';
import { memberOf } from '../schema/json.schema.js';
import { printRoutes } from '../types/route.types.printer.js';
import type { CommandOptions } from './command.options.js';
import { CommandFault, ExitCode, reasonOf } from './exit.code.js';
import { oneLine, type Terminal } from './terminal.js';

/** `revali-ws client`. @throws CommandFault */
export async function runClient(
  read: () => Promise<AsyncApiDocument>,
  options: CommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { out } = options;
  if (options.json || options.strict || options.write)
    throw new CommandFault('--json, --strict and --write belong to "routes".');
  if (out === undefined || out === '')
    throw new CommandFault('Say which file gets the types: --out src/ws-routes.ts.');
  const file = resolve(terminal.folder, out);
  const text = await styled(printRoutes(await read(), commandOf(out, options)), file);
  if (options.check) return check(file, text, out, terminal);
  await writeFile(file, text).catch((error: unknown) => {
    throw new CommandFault(`${out} cannot be written: ${reasonOf(error)}.`, { cause: error });
  });
  terminal.warn(oneLine(`Wrote ${out}.`));
  return ExitCode.done;
}

async function check(
  file: string,
  text: string,
  out: string,
  terminal: Terminal,
): Promise<ExitCode> {
  const present = await readFile(file, 'utf8').catch(() => '');
  if (withoutHeader(present) === withoutHeader(text)) return ExitCode.done;
  const what = present === '' ? 'is not there' : 'is stale';
  terminal.warn(oneLine(`${out} ${what}. Write it anew: npx revali-ws client --out ${out}`));
  return ExitCode.stale;
}

/** The header names paths that depend on the working directory. Line endings depend on the checkout. */
function withoutHeader(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(/^\/\*\*? Made by: .*\n/, '');
}

function commandOf(out: string, { from, app }: CommandOptions): string {
  const words = ['npx revali-ws client --out', out];
  if (from !== undefined) words.push('--from', from);
  if (app !== undefined) words.push('--app', app);
  return words.join(' ');
}

/** Formats the text in the folder's style if prettier is installed there. */
async function styled(text: string, file: string): Promise<string> {
  let prettier: unknown;
  try {
    prettier = await import(pathToFileURL(createRequire(file).resolve('prettier')).href);
  } catch {
    // Prettier is optional.
    return text;
  }
  const call = async (name: string, ...args: unknown[]): Promise<unknown> => {
    const method = memberOf(prettier, name) ?? memberOf(memberOf(prettier, 'default'), name);
    if (typeof method !== 'function') return undefined;
    const result: unknown = await Reflect.apply(method, prettier, args);
    return result;
  };
  try {
    const config = await call('resolveConfig', file);
    const options = { ...(typeof config === 'object' && config), filepath: file };
    const formatted = await call('format', text, options);
    return typeof formatted === 'string' ? formatted : text;
  } catch (error) {
    throw new CommandFault(`prettier cannot format the types: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
}
