import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { compareRoutes } from '../compare.routes.js';
import { contractOf } from '../comparison/compared.routes.js';
import type { RouteChange } from '../comparison/route.change.js';
import type { AsyncApiDocument } from '../document/document.types.js';
import type { CommandOptions } from './command.options.js';
import { documentFrom } from './document.source.js';
import { CommandFault, ExitCode, reasonOf } from './exit.code.js';
import { annotationOf } from './github.annotations.js';
import { rowOf, tableOf, unknownLines } from './routes.table.js';
import { jsonText, oneLine, type Terminal } from './terminal.js';

const FILE = 'async-api.json';

/** `revali-ws routes`. @throws CommandFault */
export async function runRoutes(
  document: AsyncApiDocument,
  options: CommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  if (options.check) return check(document, options, terminal);
  if (options.write && options.json)
    throw new CommandFault('Give either --write or --json: what --write writes is JSON already.');
  if (options.write) return write(document, options, terminal);
  if (options.against !== undefined || options.strict || options.exact)
    throw new CommandFault('--against, --strict and --exact belong to --check. Add --check.');
  show(document, options, terminal);
  return ExitCode.done;
}

function show(document: AsyncApiDocument, { json }: CommandOptions, terminal: Terminal): void {
  const rows = contractOf(document).routes.map(rowOf);
  if (json) {
    terminal.print(jsonText(rows));
    return;
  }
  for (const line of rows.length > 0 ? tableOf(rows) : ['There are no WebSocket routes.'])
    terminal.print(line);
  for (const line of unknownLines(rows)) terminal.warn(line);
}

async function write(
  document: AsyncApiDocument,
  { file = FILE }: CommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  try {
    await writeFile(resolve(terminal.folder, file), `${JSON.stringify(document, undefined, 2)}\n`);
  } catch (error) {
    throw new CommandFault(`${file} cannot be written: ${reasonOf(error)}.`, { cause: error });
  }
  terminal.warn(oneLine(`Wrote ${file}.`));
  for (const line of unknownLines(contractOf(document).routes.map(rowOf))) terminal.warn(line);
  return ExitCode.done;
}

async function check(
  document: AsyncApiDocument,
  options: CommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { file = FILE, against, strict, headers } = options;
  const before = await documentFrom(against ?? file, terminal.folder, headers);
  const changes = await compareRoutes(document, before);
  report(changes, options, terminal);
  const isRefused = ({ level }: RouteChange): boolean =>
    level === 'breaking' || (strict && level === 'risky');
  if (changes.some(isRefused)) return ExitCode.breaking;
  if (against !== undefined || !isStale(document, before, changes, options)) return ExitCode.done;
  terminal.warn(oneLine(`${file} is stale. Write it anew: npx revali-ws routes --write ${file}`));
  return ExitCode.stale;
}

/** With the option `exact`, changes that no client would notice count, too. */
function isStale(
  document: AsyncApiDocument,
  before: AsyncApiDocument,
  changes: readonly RouteChange[],
  { exact }: CommandOptions,
): boolean {
  if (changes.length > 0) return true;
  return exact && !isDeepStrictEqual(JSON.parse(JSON.stringify(document)), before);
}

function report(
  changes: readonly RouteChange[],
  { json }: CommandOptions,
  terminal: Terminal,
): void {
  if (json) terminal.print(jsonText(changes));
  else if (changes.length === 0) terminal.print('Clients notice no change.');
  else
    for (const { level, route, direction, text } of changes)
      terminal.print(`${level.padEnd(8)}  ${oneLine(`${route}  ${direction}  ${text}`)}`);
  if (!terminal.isGitHub) return;
  // With --json, a program must be able to read the result.
  for (const change of changes)
    if (json) terminal.warn(annotationOf(change));
    else terminal.print(annotationOf(change));
}
