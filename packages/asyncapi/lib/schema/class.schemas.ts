import 'reflect-metadata';
import { DuplicateSchemaNameException } from './schema.exceptions.js';
import { Names } from './names.js';
import { propertiesOf } from './class.properties.js';
import { draft07Object } from './draft07.js';
import { isRecord, listOf, type AnyClass, type JsonSchema } from './json.schema.js';
import type { SchemaPeers } from './peers.js';
import { schemaNameOf, swaggerClassesOf } from './swagger.classes.js';

const PREFIX = '#/components/schemas/';

/** The schemas of classes, by their names in the document. */
export class ClassSchemas {
  /** The document's key for each class, in the order of first use. */
  private readonly keys = new Map<AnyClass, string>();
  private readonly byName = new Map<string, AnyClass>();
  /** Other schemas that swagger names, such as enums. */
  private readonly others = new Map<string, string>();

  constructor(
    private readonly peers: SchemaPeers,
    private readonly names: Names,
    private readonly warn: (text: string) => void,
  ) {}

  /**
   * Names the schema of a class, and keeps it for `all()`.
   *
   * @param where Names the user of the class in errors.
   * @throws DuplicateSchemaNameException
   */
  refer(type: AnyClass, where: string): JsonSchema {
    return { $ref: PREFIX + this.keyFor(type, where) };
  }

  /** All named schemas, and those that they refer to. @throws DuplicateSchemaNameException */
  all(): [key: string, schema: JsonSchema][] {
    let found: Readonly<Record<string, JsonSchema>> = {};
    let known = -1;
    // Asking swagger makes it read its plugin's metadata, which can reveal more classes.
    while (this.keys.size > known) {
      this.findNested();
      known = this.keys.size;
      found = this.askSwagger([...this.keys.keys()]);
      this.findNested();
    }
    const read = [...this.keys].map(([type, key]): [string, JsonSchema] => {
      const name = schemaNameOf(type);
      return [key, this.schemaOf(type, Object.hasOwn(found, name) ? found[name] : undefined)];
    });
    return [...read, ...this.othersOf(found)];
  }

  /** The map grows during the loop. */
  private findNested(): void {
    for (const type of this.keys.keys()) this.nestedOf(type);
  }

  /** Swagger refuses all classes if one is faulty: then asks for each alone. */
  private askSwagger(classes: readonly AnyClass[]): Readonly<Record<string, JsonSchema>> {
    const { swagger } = this.peers;
    if (!swagger) return {};
    try {
      return swagger.schemasOf(classes);
    } catch (error) {
      if (classes.length !== 1)
        return Object.fromEntries(
          classes.flatMap((each) => Object.entries(this.askSwagger([each]))),
        );
      this.warn(error instanceof Error ? error.message : String(error));
      return {};
    }
  }

  private nestedOf(type: AnyClass): void {
    const nested = [
      ...propertiesOf(type, this.peers).flatMap((property) => property.nested ?? []),
      ...swaggerClassesOf(type),
    ];
    for (const each of nested) this.keyFor(each, type.name);
  }

  private keyFor(type: AnyClass, where: string): string {
    const present = this.keys.get(type);
    if (present !== undefined) return present;
    const name = schemaNameOf(type);
    const other = this.byName.get(name);
    if (other) throw new DuplicateSchemaNameException(name, where);
    this.byName.set(name, type);
    const key = this.names.claim(name || 'Class');
    this.keys.set(type, key);
    return key;
  }

  /** Swagger's schema of the class, with the properties that swagger does not know. */
  private schemaOf(type: AnyClass, known: JsonSchema | undefined): JsonSchema {
    const base = known ? this.readSwagger(known) : { type: 'object' };
    const properties = isRecord(base['properties']) ? base['properties'] : {};
    const added = propertiesOf(type, this.peers).filter(
      ({ name }) => !Object.hasOwn(properties, name),
    );
    const required = [
      ...listOf(base['required']),
      ...added.filter(({ isRequired }) => isRequired).map(({ name }) => name),
    ];
    const schemas = added.map((property) => [
      property.name,
      this.clean(property.schema((nested) => this.refer(nested, type.name))),
    ]);
    return {
      ...base,
      properties: { ...properties, ...Object.fromEntries(schemas) },
      ...(required.length > 0 && { required }),
    };
  }

  private *othersOf(
    found: Readonly<Record<string, JsonSchema>>,
  ): Generator<[key: string, schema: JsonSchema]> {
    for (const [name, schema] of Object.entries(found))
      if (!this.byName.has(name)) yield [this.otherKey(name), this.readSwagger(schema)];
  }

  private otherKey(name: string): string {
    const key = this.others.get(name) ?? this.names.claim(name);
    this.others.set(name, key);
    return key;
  }

  private readSwagger(schema: JsonSchema): JsonSchema {
    return draft07Object(schema, (reference) => {
      if (!reference.startsWith(PREFIX)) return undefined;
      const name = reference.slice(PREFIX.length);
      const type = this.byName.get(name);
      return PREFIX + (type ? this.keyFor(type, name) : this.otherKey(name));
    });
  }

  /** The references in this schema are already keys. */
  private clean(schema: JsonSchema): JsonSchema {
    return draft07Object(schema, (reference) => reference);
  }
}
