import { parseArgs, type ParseArgsConfig } from 'node:util';
import { CommandFault, reasonOf } from './exit.code.js';

/** The options of a command. */
export interface CommandOptions {
  readonly command: string | undefined;
  readonly help: boolean;
  readonly app: string | undefined;
  readonly preview: boolean;
  readonly from: string | undefined;
  readonly headers: readonly string[];
  readonly json: boolean;
  readonly write: boolean;
  readonly check: boolean;
  readonly exact: boolean;
  readonly against: string | undefined;
  readonly strict: boolean;
  readonly out: string | undefined;
  /** The file of `--write` and `--check`. */
  readonly file: string | undefined;
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  app: { type: 'string' },
  preview: { type: 'boolean' },
  from: { type: 'string' },
  header: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  write: { type: 'boolean' },
  check: { type: 'boolean' },
  exact: { type: 'boolean' },
  against: { type: 'string' },
  strict: { type: 'boolean' },
  out: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

/** @throws CommandFault */
export function commandOptionsOf(args: readonly string[]): CommandOptions {
  const { values, positionals } = parsed(args);
  const [command, file, ...more] = positionals;
  if (more.length > 0) throw new CommandFault(`There is no place for ${more.join(' ')}.${HELP}`);
  return {
    command,
    file,
    help: values.help ?? false,
    app: values.app,
    preview: values.preview ?? true,
    from: values.from,
    headers: values.header ?? [],
    json: values.json ?? false,
    write: values.write ?? false,
    check: values.check ?? false,
    exact: values.exact ?? false,
    against: values.against,
    strict: values.strict ?? false,
    out: values.out,
  };
}

const HELP = ' See npx revali-ws --help.';

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: args.flatMap(spread),
      options: OPTIONS,
      allowPositionals: true,
      allowNegative: true,
    });
  } catch (error) {
    throw new CommandFault(`${reasonOf(error)}.${HELP}`, { cause: error });
  }
}

/** The value of `--check` and `--write` is optional. */
function spread(argument: string): string[] {
  if (argument === '--check=exact') return ['--check', '--exact'];
  const [, option, value] = /^(--check|--write)=(.+)$/.exec(argument) ?? [];
  return option !== undefined && value !== undefined ? [option, value] : [argument];
}
