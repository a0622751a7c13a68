import type { OptionDescriptor, OptionTable, Resolved } from './option.descriptor.js';
import type { OptionReader } from './option.reader.js';

interface Reading {
  /** In front of the names, in refusals. */
  readonly prefix?: string;
  /** In place of the table's, for the options that it has. */
  readonly defaults?: object;
}

/**
 * Reads each option by its own descriptor.
 *
 * @throws InvalidWebSocketOptionException
 */
export function readTable<Options extends object, Table extends OptionTable<Options>>(
  reader: OptionReader,
  table: Table,
  options: Options,
  reading?: Reading,
): Resolved<Options, Table>;
// The table's type says what each option becomes, which a loop over its entries cannot follow.
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
