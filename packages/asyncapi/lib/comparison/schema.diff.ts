import { isDeepStrictEqual } from 'node:util';
import { isRecord, listOf } from '../schema/json.schema.js';
import type { Alternative, Alternatives } from './alternatives.js';
import { comparedBounds } from './bound.diff.js';
import { pairedAlternatives } from './alternative.pairs.js';
import type { ChangeLevel, Report } from './route.change.js';

/** A schema and its document. */
interface Side {
  readonly alternatives: Alternatives;
}

/** The two documents that are compared. */
export type Sides = Record<'before' | 'after', Side>;

/** The depth of nested values at which the comparison gives up. */
const DEEPEST = 64;

/** Compares schemas for one direction. Skips pairs that it already met, because schemas may refer to themselves. */
export class SchemaDiff {
  private readonly met = new Set<string>();

  constructor(
    private readonly before: Side,
    private readonly after: Side,
    private readonly direction: 'in' | 'out',
    private readonly report: Report,
  ) {}

  /** @param where Names the value in texts. */
  compare(before: unknown, after: unknown, where: string, depth = 0): void {
    const pair = `${JSON.stringify(before)}\n${JSON.stringify(after)}`;
    if (this.met.has(pair)) return;
    this.met.add(pair);
    if (depth > DEEPEST) {
      this.compareTexts(before, after, where, 'lies too deep to compare');
      return;
    }
    const from = this.before.alternatives.of(before);
    const to = this.after.alternatives.of(after);
    if (!from || !to) {
      this.compareTexts(before, after, where, 'is a union of too many schemas to compare');
      return;
    }
    const { pairs, gone, added } = pairedAlternatives(from, to);
    for (const [one, other] of pairs) this.compareAlternatives(one, other, where, depth);
    for (const each of gone) this.narrower(`${where}: is no longer ${nameOf(each)}`);
    for (const each of added) this.wider(`${where}: may be ${nameOf(each)}`, levelOf(each, from));
  }

  private compareTexts(before: unknown, after: unknown, where: string, why: string): void {
    if (this.before.alternatives.textOf(before) !== this.after.alternatives.textOf(after))
      this.report('risky', `${where}: has changed, and ${why}`);
  }

  private compareAlternatives(
    before: Alternative,
    after: Alternative,
    where: string,
    depth: number,
  ): void {
    if (before.type !== after.type) {
      if (before.type === 'any') this.narrower(`${where}: was anything, and is ${nameOf(after)}`);
      else this.wider(`${where}: was ${nameOf(before)}, and may be anything`, 'breaking');
      return;
    }
    this.compareValues(before, after, where);
    comparedBounds(before.schema, after.schema, {
      narrower: (text) => {
        this.narrower(`${where}: ${text}`);
      },
      wider: (text) => {
        this.wider(`${where}: ${text}`, 'risky');
      },
      other: (text) => {
        this.report('risky', `${where}: ${text}`);
      },
      isWhole: (text, becomes) => {
        if (becomes) this.narrower(`${where}: ${text}`);
        else this.wider(`${where}: ${text}`, 'breaking');
      },
    });
    if (before.type === 'object') this.compareObjects(before, after, where, depth);
    if (before.type === 'array') this.compareItems(before, after, where, depth);
  }

  private compareValues(
    { schema: before }: Alternative,
    { schema: after }: Alternative,
    where: string,
  ): void {
    const { enum: old } = before;
    const { enum: now } = after;
    if (!Array.isArray(old) && !Array.isArray(now)) return;
    if (!Array.isArray(old)) return this.narrower(`${where}: allows only ${shown(listOf(now))}`);
    if (!Array.isArray(now)) return this.wider(`${where}: allows more than ${shown(old)}`, 'risky');
    const without = (some: readonly unknown[], others: readonly unknown[]): unknown[] =>
      some.filter((value) => !others.some((other) => isDeepStrictEqual(other, value)));
    const gone = without(old, now);
    const added = without(now, old);
    if (gone.length > 0) this.narrower(`${where}: no longer has ${shown(gone)}`);
    if (added.length > 0) this.wider(`${where}: may have ${shown(added)}`, 'risky');
  }

  private compareObjects(
    { schema: before }: Alternative,
    { schema: after }: Alternative,
    where: string,
    depth: number,
  ): void {
    const old = objectOf(before);
    const now = objectOf(after);
    for (const [name, schema] of old.properties) {
      const property = `${where}.${name}`;
      const isRequired = old.required.has(name);
      if (now.properties.has(name) || now.required.has(name)) {
        const is = now.properties.has(name) ? now.properties.get(name) : now.additional;
        this.compareRequired(property, isRequired, now.required.has(name));
        this.compare(schema, is, property, depth + 1);
        continue;
      }
      this.gone(property, isRequired, now.additional === false);
      if (isRecord(now.additional)) this.compare(schema, now.additional, property, depth + 1);
    }
    for (const name of now.properties.keys())
      if (!old.properties.has(name)) this.added(`${where}.${name}`, now.required.has(name), old);
    // Some properties appear only in `required`.
    for (const name of new Set([...old.required, ...now.required]))
      if (!old.properties.has(name) && !now.properties.has(name))
        this.compareRequired(`${where}.${name}`, old.required.has(name), now.required.has(name));
    this.compareAdditional(old.additional, now.additional, where, depth);
  }

  private compareRequired(property: string, was: boolean, is: boolean): void {
    if (was === is) return;
    if (is) this.narrower(`${property}: is required`);
    else this.wider(`${property}: may be left out`, 'breaking');
  }

  private gone(property: string, wasRequired: boolean, isClosed: boolean): void {
    if (this.direction === 'in') {
      const level = isClosed ? 'breaking' : 'risky';
      this.report(level, `${property}: is gone${isClosed ? ', and refused' : ''}`);
    } else this.report(wasRequired ? 'breaking' : 'risky', `${property}: is gone`);
  }

  private added(property: string, isRequired: boolean, old: ObjectParts): void {
    if (this.direction === 'in') {
      if (isRequired && !old.required.has(property))
        this.report('breaking', `${property}: is new, and required`);
      else this.report('added', `${property}: is new`);
      return;
    }
    this.report(old.additional === false ? 'risky' : 'added', `${property}: is new`);
  }

  /** Compares the rules for all other properties. By default they may be anything. */
  private compareAdditional(old: unknown, now: unknown, where: string, depth: number): void {
    if (isDeepStrictEqual(old, now)) return;
    if (now === false) this.narrower(`${where}: has no other properties`);
    else if (old === false) this.wider(`${where}: may have other properties`, 'risky');
    else this.compare(old, now, `${where}.*`, depth + 1);
  }

  private compareItems(
    { schema: before }: Alternative,
    { schema: after }: Alternative,
    where: string,
    depth: number,
  ): void {
    const { items: old = true } = before;
    const { items: now = true } = after;
    if (!Array.isArray(old) && !Array.isArray(now)) {
      this.compare(old, now, `${where}[]`, depth + 1);
      return;
    }
    const rest = (items: unknown, schema: Alternative['schema']): unknown =>
      Array.isArray(items) ? (schema['additionalItems'] ?? true) : items;
    const length = Math.max(listLength(old), listLength(now));
    for (let index = 0; index < length; index += 1) {
      const at = (items: unknown, otherwise: unknown): unknown =>
        Array.isArray(items) && index < items.length ? items[index] : otherwise;
      this.compare(
        at(old, rest(old, before)),
        at(now, rest(now, after)),
        `${where}[${index}]`,
        depth + 1,
      );
    }
    this.compare(rest(old, before), rest(now, after), `${where}[]`, depth + 1);
  }

  /** Fewer values than before. */
  private narrower(text: string): void {
    this.report(this.direction === 'in' ? 'breaking' : 'added', text);
  }

  /** More values than before. */
  private wider(text: string, level: ChangeLevel): void {
    this.report(this.direction === 'in' ? 'added' : level, text);
  }
}

interface ObjectParts {
  readonly properties: ReadonlyMap<string, unknown>;
  readonly required: ReadonlySet<string>;
  readonly additional: unknown;
}

function objectOf(schema: Alternative['schema']): ObjectParts {
  const { properties, required, additionalProperties: additional = true } = schema;
  const names = listOf(required).filter((name) => typeof name === 'string');
  return {
    properties: new Map(isRecord(properties) ? Object.entries(properties) : []),
    required: new Set(names),
    additional: isRecord(additional) && Object.keys(additional).length === 0 ? true : additional,
  };
}

/** A new shape of a known type is one more kind. No client is ready for a shape of a new type. */
function levelOf({ type }: Alternative, known: readonly Alternative[]): ChangeLevel {
  return type !== 'any' && known.some((each) => each.type === type) ? 'risky' : 'breaking';
}

function nameOf({ name, type, schema }: Alternative): string {
  const { enum: values } = schema;
  if (type === 'null') return 'null';
  return (
    name ??
    (Array.isArray(values) ? shown(values) : type === 'any' ? 'anything' : `of type ${type}`)
  );
}

function shown(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(', ');
}

function listLength(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}
