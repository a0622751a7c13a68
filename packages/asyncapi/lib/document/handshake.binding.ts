import { VersioningType, type VersioningOptions } from '@nestjs/common';
import type { WebSocketHandshakeField, WebSocketRouteInfo } from 'nestjs-revali-ws';
import type { JsonSchema } from '../schema/json.schema.js';
import { isRecord } from '../schema/json.schema.js';
import type { SchemaSource } from '../schema/schema.source.js';
import type { AsyncApiWebSocketBinding } from './document.types.js';
import { SwaggerMetadata, type SwaggerParameter } from './swagger.metadata.js';

interface Field {
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

/** Describes the query and headers of handshakes. */
export class HandshakeBindings {
  constructor(
    private readonly schemas: SchemaSource,
    private readonly versioning: VersioningOptions | undefined,
  ) {}

  bindingOf(route: WebSocketRouteInfo, method: unknown): AsyncApiWebSocketBinding {
    const said = SwaggerMetadata.parametersOf(route.controller, method);
    const query = this.objectOf(route, 'query', said);
    const headers = this.objectOf(route, 'headers', said);
    return {
      method: 'GET',
      ...(query && { query }),
      ...(headers && { headers }),
      bindingVersion: '0.1.0',
    };
  }

  private objectOf(
    route: WebSocketRouteInfo,
    part: 'query' | 'headers',
    said: readonly SwaggerParameter[],
  ): JsonSchema | undefined {
    const fields = new Map<string, Field>(part === 'headers' ? this.versionOf(route) : []);
    const wholes: JsonSchema[] = [];
    for (const field of route[part]) {
      const schema = this.schemaOf(route, field);
      if (field.name !== undefined)
        fields.set(field.name, { schema, isRequired: !field.isOptional });
      else if (Object.keys(schema).length > 0) wholes.push(schema);
    }
    for (const parameter of said.filter(
      (each) => each.in === (part === 'query' ? 'query' : 'header'),
    ))
      if (parameter.name !== '')
        fields.set(parameter.name, this.saidOf(route, parameter, fields.get(parameter.name)));
    if (fields.size === 0 && wholes.length === 0) return undefined;
    const required = [...fields].filter(([, { isRequired }]) => isRequired).map(([name]) => name);
    const properties = [...fields].map(([name, { schema }]) => [name, schema]);
    return {
      type: 'object',
      properties: Object.fromEntries(properties),
      ...(required.length > 0 && { required }),
      ...(wholes.length > 0 && { allOf: wholes }),
    };
  }

  private schemaOf(
    { controller, path }: WebSocketRouteInfo,
    { name, type, schema }: Pick<WebSocketHandshakeField, 'name' | 'type' | 'schema'>,
  ): JsonSchema {
    const where = `${controller.name} (${path})`;
    return this.schemas.schemaOf(schema ?? type, {
      where,
      direction: 'input',
      name: name ?? 'query',
    });
  }

  /** Swagger's decorators tell more than the parameter. */
  private saidOf(
    route: WebSocketRouteInfo,
    { name, description, required, type, schema, enum: values, isArray, example }: SwaggerParameter,
    known: Field | undefined,
  ): Field {
    const typed =
      typeof type === 'function' || typeof type === 'string' ? typeSchema(type) : undefined;
    const base = isRecord(schema)
      ? this.schemas.ofOpenApi(schema)
      : (typed ??
        (type === undefined
          ? known?.schema
          : this.schemaOf(route, { name, type, schema: undefined })) ??
        {});
    const ofItem = Array.isArray(values) ? { ...base, enum: values } : base;
    const whole =
      isArray === true && !('items' in ofItem) ? { type: 'array', items: ofItem } : ofItem;
    const texts = {
      ...(typeof description === 'string' && { description }),
      ...(example !== undefined && { example }),
    };
    const clean = this.schemas.ofOpenApi({ ...whole, ...texts });
    return {
      schema: clean,
      isRequired: required === undefined ? (known?.isRequired ?? true) : required === true,
    };
  }

  /** Applies if the version is not part of the path. */
  private versionOf({ versions }: WebSocketRouteInfo): [string, Field][] {
    const { versioning } = this;
    const named = versions.filter((version) => typeof version === 'string');
    if (!versioning || named.length === 0) return [];
    const isRequired = named.length === versions.length;
    if (versioning.type === VersioningType.HEADER)
      return [[versioning.header, { schema: { type: 'string', enum: named }, isRequired }]];
    if (versioning.type !== VersioningType.MEDIA_TYPE) return [];
    const examples = named.map((version) => `application/json;${versioning.key}${version}`);
    return [['Accept', { schema: { type: 'string', examples }, isRequired }]];
  }
}

const TYPES = new Map<unknown, JsonSchema>([
  [String, { type: 'string' }],
  [Number, { type: 'number' }],
  [Boolean, { type: 'boolean' }],
  [Date, { type: 'string', format: 'date-time' }],
  ...['string', 'number', 'integer', 'boolean', 'array', 'object'].map(
    (type): [string, JsonSchema] => [type, { type }],
  ),
]);

const typeSchema = (type: unknown): JsonSchema | undefined => TYPES.get(type);
