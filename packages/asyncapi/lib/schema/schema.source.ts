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

/** Who asks for a schema, and for what. */
export interface SchemaUse {
  /** Names what uses it, in warnings and refusals. */
  readonly where: string;
  readonly direction: SchemaDirection;
  /** For parts of it that have none. */
  readonly name: string;
}

/** Makes JSON Schemas of whatever tells the type of a message. */
export class SchemaSource {
  private readonly names = new Names();
  private readonly classes: ClassSchemas;
  private readonly lifter = new SchemaLifter(this.names);

  /** @param warn Told what cannot be read, and of whom. */
  constructor(
    peers: SchemaPeers,
    private readonly convert: SchemaConverter | undefined,
    private readonly warn: (text: string) => void,
  ) {
    this.classes = new ClassSchemas(peers, this.names, warn);
  }

  /**
   * @param type A class, a standard schema, a JSON Schema, or what the compiler emits: an enum, a built-in class.
   * @returns `{}` where nothing is known.
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

  /** The schema of a decorator's options, as swagger has them. */
  ofOpenApi(schema: unknown): JsonSchema {
    return draft07Object(schema, () => undefined);
  }

  /** What all the others refer to. @throws DuplicateSchemaNameException */
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

/** @see https://standardschema.dev; some are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return isRecord(Reflect.get(value, '~standard'));
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumberOrText = (value: unknown): boolean => isText(value) || typeof value === 'number';

/** SWC emits enums of other files as they are. An object with a keyword of JSON Schema is a schema. */
function enumValuesOf(type: Readonly<Record<string, unknown>>): unknown[] | undefined {
  const values = Object.values(type);
  if (values.length === 0 || !values.every(isNumberOrText)) return undefined;
  if (Object.keys(type).some((name) => isKeyword(name))) return undefined;
  const names = Object.keys(type).filter((name) => typeof type[String(type[name])] !== 'number');
  return [...new Set(names.map((name) => type[name]))];
}
