import { Names } from './names.js';
import { builtInSchema } from './class.properties.js';
import { ClassSchemas } from './class.schemas.js';
import { draft07Object } from './draft07.js';
import {
  isClass,
  isRecord,
  type JsonSchema,
  type SchemaConverter,
  type SchemaDirection,
} from './json.schema.js';
import type { SchemaPeers } from './peers.js';
import { isKeyword } from './schema.keywords.js';
import { SchemaLifter } from './schema.lifter.js';

/** The use of a schema. */
export interface SchemaUse {
  /** Names the user of the schema in warnings and errors. */
  readonly where: string;
  readonly direction: SchemaDirection;
  /** A name for parts of the schema that have none. */
  readonly name: string;
}

/** Creates JSON Schemas from any description of a message's type. */
export class SchemaSource {
  private readonly names = new Names();
  private readonly classes: ClassSchemas;
  private readonly lifter = new SchemaLifter(this.names);

  /** @param warn Called with the part that cannot be read and its user. */
  constructor(
    peers: SchemaPeers,
    private readonly convert: SchemaConverter | undefined,
    private readonly warn: (text: string) => void,
  ) {
    this.classes = new ClassSchemas(peers, this.names, warn);
  }

  /**
   * @param type A class, a standard schema, a JSON Schema, or a value from the compiler: an enum or a built-in class.
   * @returns `{}` if nothing is known.
   * @throws DuplicateSchemaNameException
   */
  schemaOf(type: unknown, use: SchemaUse): JsonSchema {
    if (type === undefined || type === null) return {};
    if (isStandardSchema(type)) return this.lift(this.standard(type, use), use);
    if (isClass(type) || typeof type === 'function') {
      return builtInSchema(type) ?? (isClass(type) ? this.classes.refer(type, use.where) : {});
    }
    if (Array.isArray(type)) return { type: 'array', items: this.schemaOf(type[0], use) };
    return isRecord(type) ? this.ofRecord(type, use) : {};
  }

  /** The schema in the options of swagger's decorators. */
  ofOpenApi(schema: unknown): JsonSchema {
    return draft07Object(schema, () => undefined);
  }

  /** The schemas that all others refer to. @throws DuplicateSchemaNameException */
  all(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.classes.all(), ...this.lifter.all()]);
  }

  private ofRecord(type: Readonly<Record<string, unknown>>, use: SchemaUse): JsonSchema {
    const converted = this.convert?.(type, use.direction);
    if (converted) return this.lift(converted, use);
    const values = enumValuesOf(type);
    return values ? { enum: values } : this.lift(type, use);
  }

  private standard(schema: StandardSchema, { where, direction }: SchemaUse): unknown {
    try {
      const converted = this.convert?.(schema, direction);
      if (converted) return converted;
      const make = schema['~standard'].jsonSchema?.[direction];
      if (make) return make({ target: 'draft-07' });
      this.warn(
        `${where}: a schema of ${schema['~standard'].vendor} makes no JSON Schema. Convert it by the option "schemas".`,
      );
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.warn(`${where}: a schema of ${schema['~standard'].vendor} cannot be converted. ${text}`);
    }
    return {};
  }

  private lift(schema: unknown, { where, name }: SchemaUse): JsonSchema {
    return this.lifter.lift(schema, name, (fault) => {
      this.warn(`${where}: a schema ${fault}. This part of the document says nothing.`);
    });
  }
}

interface StandardSchema {
  readonly '~standard': {
    readonly vendor: string;
    readonly jsonSchema?: Partial<
      Record<SchemaDirection, (options: { readonly target: string }) => unknown>
    >;
  };
}

/** Some standard schemas are functions. @see https://standardschema.dev */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return isRecord(Reflect.get(value, '~standard'));
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumberOrText = (value: unknown): boolean => isText(value) || typeof value === 'number';

/** SWC emits an enum of another file as the enum object. An object with a keyword of JSON Schema is a schema. */
function enumValuesOf(type: Readonly<Record<string, unknown>>): unknown[] | undefined {
  const values = Object.values(type);
  if (values.length === 0 || !values.every(isNumberOrText)) return undefined;
  if (Object.keys(type).some((name) => isKeyword(name))) return undefined;
  const names = Object.keys(type).filter((name) => typeof type[String(type[name])] !== 'number');
  return [...new Set(names.map((name) => type[name]))];
}
