import { isClass, isRecord, memberOf, type AnyClass, type JsonSchema } from './json.schema.js';

/** Reads schemas through swagger. */
export interface SwaggerReader {
  /** The OpenAPI 3.0 schemas of classes and of everything that they refer to, by swagger's names. */
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

/** Reads the type that class-transformer's `@Type()` gives a property. */
export type TypeReader = (type: AnyClass, property: string) => unknown;

/** Optional packages of an application that know its classes. */
export interface SchemaPeers {
  readonly swagger?: SwaggerReader;
  readonly validation?: ValidationReader;
  readonly typeOf?: TypeReader;
}

/** Package names, in a form that bundlers and compilers do not resolve. */
const PACKAGES = {
  swagger: '@nestjs/swagger',
  validator: 'class-validator',
  storage: 'class-transformer/cjs/storage.js',
};

/** Loads the installed packages. */
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

/** Node and jest have error codes for a missing package. A file that has moved counts as missing, too. */
function isMissing(error: unknown): boolean {
  const code = member(error, 'code');
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}

/** Reads an export by name, also from a CommonJS module. */
function member(loaded: unknown, name: string): unknown {
  return memberOf(loaded, name) ?? memberOf(memberOf(loaded, 'default'), name);
}

/** The members of an application that swagger reads if no module is included. */
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
