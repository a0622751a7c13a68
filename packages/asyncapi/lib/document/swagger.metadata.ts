import 'reflect-metadata';
import { STATUS_CODES } from 'node:http';
import { isClass, isRecord, type AnyClass } from '../schema/json.schema.js';

/** What `@ApiParam()`, `@ApiQuery()` and `@ApiHeader()` say. */
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

/** What `@ApiOperation()` says. */
export interface SwaggerOperation {
  readonly summary?: string;
  readonly description?: string;
  readonly operationId?: string;
  readonly isDeprecated: boolean;
}

/** What swagger's decorators leave on methods and classes, by keys that are the same in its versions 11 and 12. */
export const SwaggerMetadata = {
  operationOf(method: unknown): SwaggerOperation {
    const found = read('apiOperation', method);
    if (!isRecord(found)) return { isDeprecated: false };
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

  /** Each is enough. */
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

  /** The types of what a method gives; swagger's plugin writes them as well. */
  resultsOf(method: unknown): { readonly type: unknown; readonly isArray: boolean }[] {
    const found = read('apiResponse', method);
    if (!isRecord(found)) return [];
    return Object.entries(found).flatMap(([status, response]) => {
      if (!/^(2\d\d|default)$/.test(status) || !isRecord(response)) return [];
      const type = resolved(response['type']);
      return type === undefined ? [] : [{ type, isArray: response['isArray'] === true }];
    });
  },

  /** Texts of `@ApiResponse()` by the HTTP statuses with which handshakes are refused. */
  refusalsOf(method: unknown): Record<string, string> {
    const found = read('apiResponse', method);
    if (!isRecord(found)) return {};
    return Object.fromEntries(
      Object.entries(found)
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

/** Plugins that write no code give the class in a function. */
function resolved(type: unknown): unknown {
  const isLazy = typeof type === 'function' && type.name === 'type' && !isClass(type);
  return isLazy ? Reflect.apply(type, undefined, []) : type;
}

function read(key: string, target: unknown): unknown {
  return typeof target === 'function' ? Reflect.getMetadata(`swagger/${key}`, target) : undefined;
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
