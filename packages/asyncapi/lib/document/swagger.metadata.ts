import 'reflect-metadata';
import { STATUS_CODES } from 'node:http';
import { isClass, isList, isRecord, memberOf, type AnyClass } from '../schema/json.schema.js';

/** The metadata of `@ApiParam()`, `@ApiQuery()` and `@ApiHeader()`. */
export interface SwaggerParameter {
  readonly name: string;
  readonly in: string;
  readonly description?: unknown;
  readonly required?: unknown;
  readonly type?: unknown;
  readonly schema?: unknown;
  readonly enum?: unknown;
  readonly isArray?: unknown;
  readonly example?: unknown;
}

/** The place of a method. Other decorators may have replaced its function. */
export interface MethodPlace {
  readonly controller: object;
  readonly methodName: string;
}

/** The type of a method's result. */
export interface SwaggerResult {
  readonly type: unknown;
  readonly isArray: boolean;
}

/** The metadata of `@ApiOperation()`. */
export interface SwaggerOperation {
  readonly summary?: string;
  readonly description?: string;
  readonly operationId?: string;
  readonly isDeprecated: boolean;
}

/** The key under which `SwaggerModule.loadPluginMetadata()` stores the plugin's metadata of a class. */
const FACTORY = '_OPENAPI_METADATA_FACTORY';

/** Reads the metadata of swagger's decorators on methods and classes. Versions 11 and 12 use the same keys. */
export const SwaggerMetadata = {
  operationOf(place: MethodPlace): SwaggerOperation {
    const found = { ...ofPlugin(place), ...recordOf('apiOperation', methodAt(place)) };
    return {
      summary: textOf(found['summary']),
      description: textOf(found['description']),
      operationId: textOf(found['operationId']),
      isDeprecated: found['deprecated'] === true,
    };
  },

  isExcluded(controller: object, method: unknown): boolean {
    const ofMethod = read('apiExcludeEndpoint', method);
    return (
      listOf('apiExcludeController', controller).at(-1) === true ||
      (isRecord(ofMethod) && ofMethod['disable'] === true)
    );
  },

  tagsOf(controller: object, method: unknown): string[] {
    const tags = [...listOf('apiUseTags', controller), ...listOf('apiUseTags', method)];
    return [...new Set(tags.filter((tag) => typeof tag === 'string'))];
  },

  parametersOf(controller: object, method: unknown): SwaggerParameter[] {
    return [...listOf('apiHeaders', controller), ...listOf('apiParameters', method)].filter(
      isParameter,
    );
  },

  /** The names of security schemes, each of them enough alone. */
  securityOf(controller: object, method: unknown): string[] {
    const found = [...listOf('apiSecurity', controller), ...listOf('apiSecurity', method)];
    return [...new Set(found.filter(isRecord).flatMap((scheme) => Object.keys(scheme)))];
  },

  extraModelsOf(controller: object, method: unknown): AnyClass[] {
    const found = [...listOf('apiExtraModels', controller), ...listOf('apiExtraModels', method)];
    return found.filter(isClass);
  },

  extensionsOf(controller: object, method: unknown): Record<string, unknown> {
    const found = [read('apiExtension', controller), read('apiExtension', method)].filter(isRecord);
    return Object.fromEntries(found.flatMap((each) => Object.entries(each)));
  },

  /** The types of a method's results. Swagger's plugin writes them, too. */
  resultsOf(place: MethodPlace): SwaggerResult[] {
    const said = Object.entries(recordOf('apiResponse', methodAt(place))).flatMap(
      ([status, response]) =>
        /^(2\d\d|default)$/.test(status) && isRecord(response) ? resultOf(response) : [],
    );
    return said.length > 0 ? said : resultOf(ofPlugin(place));
  },

  /** Texts of `@ApiResponse()` by the HTTP status of the refusal. */
  refusalsOf(method: unknown): Record<string, string> {
    return Object.fromEntries(
      Object.entries(recordOf('apiResponse', method))
        .filter(([status]) => /^[3-5]\d\d$/.test(status))
        .map(([status, said]) => [
          status,
          textOf(isRecord(said) ? said['description'] : undefined) ??
            STATUS_CODES[status] ??
            'Refused',
        ]),
    );
  },
};

function resultOf({ type, isArray }: Readonly<Record<string, unknown>>): SwaggerResult[] {
  const only = isList(type) ? type[0] : type;
  const found = resolved(only);
  return found === undefined ? [] : [{ type: found, isArray: isArray === true || only !== type }];
}

/** Reads the method's own class, or else its nearest base class. With `tsc` the plugin writes decorators. */
function ofPlugin({ controller, methodName }: MethodPlace): Readonly<Record<string, unknown>> {
  for (let owner: object | null = controller; owner; owner = Reflect.getPrototypeOf(owner)) {
    const factory: unknown = Object.hasOwn(owner, FACTORY) && Reflect.get(owner, FACTORY);
    const methods: unknown = typeof factory === 'function' && Reflect.apply(factory, owner, []);
    const said = isRecord(methods) && Object.hasOwn(methods, methodName) && methods[methodName];
    if (isRecord(said)) return said;
  }
  return {};
}

const methodAt = ({ controller, methodName }: MethodPlace): unknown =>
  memberOf(memberOf(controller, 'prototype'), methodName);

/** Plugins that write no code wrap the class in a function. */
function resolved(type: unknown): unknown {
  const isLazy = typeof type === 'function' && type.name === 'type' && !isClass(type);
  return isLazy ? Reflect.apply(type, undefined, []) : type;
}

function read(key: string, target: unknown): unknown {
  return typeof target === 'function' ? Reflect.getMetadata(`swagger/${key}`, target) : undefined;
}

function recordOf(key: string, target: unknown): Readonly<Record<string, unknown>> {
  const found = read(key, target);
  return isRecord(found) ? found : {};
}

function listOf(key: string, target: unknown): unknown[] {
  const found = read(key, target);
  return Array.isArray(found) ? found : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isParameter(value: unknown): value is SwaggerParameter {
  return isRecord(value) && typeof value['name'] === 'string' && typeof value['in'] === 'string';
}
