import { isClass, isRecord, memberOf, type AnyClass, type JsonSchema } from './json.schema.js';

/** What swagger is asked for. */
export interface SwaggerReader {
  /** The schemas of classes and of all that they name, by swagger's names, as OpenAPI 3.0 has them. */
  schemasOf(classes: readonly AnyClass[]): Readonly<Record<string, JsonSchema>>;
}

/** One decorator of class-validator. */
export interface ValidationEntry {
  readonly type: string;
  readonly name: string | undefined;
  readonly propertyName: string;
  readonly constraints: readonly unknown[];
  readonly each: boolean;
}

export interface ValidationReader {
  entriesOf(type: AnyClass): readonly ValidationEntry[];
}

/** What `@Type()` of class-transformer says of a property. */
export type TypeReader = (type: AnyClass, property: string) => unknown;

/** Packages that an application may have, and that know its classes. */
export interface SchemaPeers {
  readonly swagger?: SwaggerReader;
  readonly validation?: ValidationReader;
  readonly typeOf?: TypeReader;
}

/** Names that bundlers and compilers do not look for. */
const PACKAGES = {
  swagger: '@nestjs/swagger',
  validator: 'class-validator',
  storage: 'class-transformer/cjs/storage.js',
};

/** Those that are installed. */
export async function loadPeers(): Promise<SchemaPeers> {
  const [swagger, validator, storage] = await Promise.all(
    [PACKAGES.swagger, PACKAGES.validator, PACKAGES.storage].map(load),
  );
  return {
    swagger: swaggerOf(member(swagger, 'SwaggerModule')),
    validation: validationOf(member(validator, 'getMetadataStorage')),
    typeOf: typeReaderOf(member(storage, 'defaultMetadataStorage')),
  };
}

async function load(name: string): Promise<unknown> {
  try {
    const loaded: unknown = await import(name);
    return loaded;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Node and jest have codes for it. An old file that has moved is missing, too. */
function isMissing(error: unknown): boolean {
  const code = member(error, 'code');
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}

/** By name, or of what a CommonJS module exports. */
function member(loaded: unknown, name: string): unknown {
  return memberOf(loaded, name) ?? memberOf(memberOf(loaded, 'default'), name);
}

/** All that swagger asks of an application where it has no module to look into. */
const APPLICATION = {
  container: { getModules: () => new Map() },
  config: {},
  getHttpAdapter: () => ({ getType: () => 'express' }),
};
class NoModule {}
const INFO = { openapi: '3.0.0', info: { title: '', version: '' } };

function swaggerOf(swagger: unknown): SwaggerReader | undefined {
  if (!isClass(swagger)) return undefined;
  return {
    schemasOf(classes) {
      const document = call(swagger, 'createDocument', APPLICATION, INFO, {
        include: [NoModule],
        extraModels: classes,
        ignoreGlobalPrefix: true,
      });
      const schemas = member(member(document, 'components'), 'schemas');
      return isSchemas(schemas) ? schemas : {};
    },
  };
}

function validationOf(getMetadataStorage: unknown): ValidationReader | undefined {
  if (typeof getMetadataStorage !== 'function') return undefined;
  return {
    entriesOf(type) {
      const storage: unknown = Reflect.apply(getMetadataStorage, undefined, []);
      const entries = call(storage, 'getTargetValidationMetadatas', type, '', false, false);
      return Array.isArray(entries) ? entries.filter(isEntry) : [];
    },
  };
}

function typeReaderOf(storage: unknown): TypeReader | undefined {
  if (typeof storage !== 'object' || storage === null) return undefined;
  return (type, property) => {
    return call(call(storage, 'findTypeMetadata', type, property), 'typeFunction');
  };
}

function call(target: unknown, name: string, ...args: unknown[]): unknown {
  const method = memberOf(target, name);
  if (typeof method !== 'function') return undefined;
  const result: unknown = Reflect.apply(method, target, args);
  return result;
}

function isSchemas(value: unknown): value is Readonly<Record<string, JsonSchema>> {
  return isRecord(value) && Object.values(value).every(isRecord);
}

function isEntry(value: unknown): value is ValidationEntry {
  return isRecord(value) && typeof value['propertyName'] === 'string';
}
