import type { OptionReader } from './option.reader.js';
import type { Duration } from './revali-ws.options.js';

/** All there is to know of one option; its key is its name in the table. */
export interface OptionDescriptor<Value, ResolvedValue = Value> {
  /** What the value is, in the words of `docs/options.md`. */
  readonly unit: string;
  /** In force where nobody sets another. */
  readonly default: ResolvedValue;
  /**
   * Checks what was set.
   *
   * @param fallback For the members that the value leaves out: the module's, or the default.
   * @throws InvalidWebSocketOptionException
   */
  read(reader: OptionReader, name: string, value: Value, fallback: ResolvedValue): ResolvedValue;
}

/** A descriptor for each option of an interface, and for nothing else. */
export type OptionTable<Options> = {
  readonly [Name in keyof Required<Options>]: OptionDescriptor<Required<Options>[Name], unknown>;
};

/** What the options of a table become, with the documentation of those who set them. */
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

/** No limit where nobody sets one. */
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
