import type { OptionDescriptor, OptionTable, Resolved } from './option.descriptor.js';
import type { OptionReader } from './option.reader.js';

interface Reading {
  /** Goes before the option names in errors. */
  readonly prefix?: string;
  /** Overrides the table's defaults for the options it contains. */
  readonly defaults?: object;
}

/**
 * Reads each option with its own descriptor.
 *
 * @throws InvalidWebSocketOptionException
 */
export function readTable<Options extends object, Table extends OptionTable<Options>>(
  reader: OptionReader,
  table: Table,
  options: Options,
  reading?: Reading,
): Resolved<Options, Table>;
// The table's type maps each option to its resolved form, which a loop over its entries cannot express.
export function readTable(
  reader: OptionReader,
  table: Readonly<Record<string, OptionDescriptor<unknown>>>,
  options: object,
  { prefix = '', defaults = {} }: Reading = {},
): object {
  reader.knownKeys(options, Object.keys(table), prefix);
  return Object.fromEntries(
    Object.entries(table).map(([name, option]) => {
      const value: unknown = Reflect.get(options, name);
      const fallback: unknown = name in defaults ? Reflect.get(defaults, name) : option.default;
      const resolved =
        value === undefined ? fallback : option.read(reader, prefix + name, value, fallback);
      return [name, resolved];
    }),
  );
}
