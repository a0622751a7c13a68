import type { AsyncApiDocument } from '../document/document.types.js';
import { documentOfFile } from './application.loader.js';
import { runClient } from './client.command.js';
import { commandOptionsOf, type CommandOptions } from './command.options.js';
import { documentFrom } from './document.source.js';
import { CommandFault, ExitCode } from './exit.code.js';
import { runRoutes } from './routes.command.js';
import { oneLine, type Terminal } from './terminal.js';

const HELP = `Usage:
  revali-ws routes [--json]                     the WebSocket routes
  revali-ws routes --write [FILE]               write the document, async-api.json by default
  revali-ws routes --check [FILE] [--strict]    compare the routes with the committed document
  revali-ws routes --check=exact [FILE]         the same, and words count, too
  revali-ws routes --check --against URL|FILE   compare with another document
  revali-ws client --out FILE [--check]         types for nestjs-revali-ws-client

The routes are those of the application, which is made and not started:
  --app FILE         dist/create-app.js, then dist/app.module.js by default
  --no-preview       instantiate providers
  --from URL|FILE    or a document
  --header 'N: v'    sent to URLs

Ends with 0 where all is well, 1 for a breaking change (with --strict also for a risky one),
2 for a stale file, 3 where nothing could be found out.`;

/** Runs a command. @returns The exit code of the process. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    const options = commandOptionsOf(args);
    const { command, help } = options;
    if (help || command === 'help') {
      for (const line of HELP.split('\n')) terminal.print(line);
      return ExitCode.done;
    }
    if (command === 'routes')
      return await runRoutes(await documentFor(options, terminal), options, terminal);
    if (command === 'client')
      return await runClient(() => documentFor(options, terminal), options, terminal);
    const what = command === undefined ? 'No command was given' : `There is no command ${command}`;
    throw new CommandFault(`${what}. Use "routes" or "client"; see npx revali-ws --help.`);
  } catch (error) {
    if (!(error instanceof CommandFault)) throw error;
    terminal.warn(oneLine(error.message));
    return ExitCode.failed;
  }
}

function documentFor(
  { from, headers, app, preview }: CommandOptions,
  terminal: Terminal,
): Promise<AsyncApiDocument> {
  if (from === undefined) return documentOfFile({ app, preview }, terminal);
  if (app !== undefined) throw new CommandFault('Give either --app or --from, not both.');
  return documentFrom(from, terminal.folder, headers);
}
