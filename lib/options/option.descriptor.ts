import type { OptionReader } from './option.reader.js';
import type { Duration } from './revali-ws.options.js';

/** Everything about one option except its name, which is its key in the table. */
export interface OptionDescriptor<Value, ResolvedValue = Value> {
  /** What the value is, worded as in `docs/options.md`. */
  readonly unit: string;
  /** Used if nobody sets another value. */
  readonly default: ResolvedValue;
  /**
   * Checks the given value.
   *
   * @param fallback Supplies members that the value omits: the module's value, or the default.
   * @throws InvalidWebSocketOptionException
   */
  read(reader: OptionReader, name: string, value: Value, fallback: ResolvedValue): ResolvedValue;
}

/** Exactly one descriptor for each option of an interface. */
export type OptionTable<Options> = {
  readonly [Name in keyof Required<Options>]: OptionDescriptor<Required<Options>[Name], unknown>;
};

/** The resolved form of a table's options, with the TSDoc of the original interface. */
export type Resolved<Options, Table extends OptionTable<Options>> = {
  readonly [Name in keyof Required<Options>]: ReturnType<Table[Name]['read']>;
};

export const integer = (unit: string, fallback: number): OptionDescriptor<number> => ({
  unit,
  default: fallback,
  read: (reader, name, value) => reader.integer(name, value, fallback),
});

export const duration = (fallback: number): OptionDescriptor<Duration, number> => ({
  unit: 'time',
  default: fallback,
  read: (reader, name, value) => reader.duration(name, value, fallback),
});

export const boolean = (fallback: boolean): OptionDescriptor<boolean> => ({
  unit: 'boolean',
  default: fallback,
  read: (reader, name, value) => reader.boolean(name, value, fallback),
});

type Limit<Value> = OptionDescriptor<Value, number | undefined>;

/** No limit by default. */
export const limit = (unit: string): Limit<number> => ({ ...integer(unit, 0), default: undefined });
export const timeLimit = (): Limit<Duration> => ({ ...duration(0), default: undefined });

export function oneOf<const Name extends string>(
  names: readonly Name[],
  fallback: Name,
): OptionDescriptor<Name> {
  const quoted = names.map((name) => `\`'${name}'\``);
  return {
    unit: `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`,
    default: fallback,
    read: (reader, name, value) => reader.oneOf(name, value, names, fallback),
  };
}
