import type { VersioningOptions } from '@nestjs/common';
import type { WebSocketRouteInfo } from 'nestjs-revali-ws';
import type { SchemaConverter } from '../schema/json.schema.js';
import type { SchemaPeers } from '../schema/peers.js';
import { SchemaSource } from '../schema/schema.source.js';
import { ChannelMapper, methodOf } from './channel.mapper.js';
import type {
  AsyncApiDocument,
  AsyncApiInfo,
  AsyncApiSecurityScheme,
  AsyncApiServer,
  AsyncApiVersion,
} from './document.types.js';
import { JSON_TYPE } from './content.type.js';
import { HandshakeBindings } from './handshake.binding.js';
import { MessageDrafts } from './message.drafts.js';
import { MessageMapper } from './message.mapper.js';
import { MessageRegister } from './message.register.js';
import { Names } from '../schema/names.js';
import { SecuritySchemes } from './security.schemes.js';
import { SwaggerMetadata } from './swagger.metadata.js';

/** The parts of a document. */
export interface DocumentParts {
  readonly routes: Iterable<WebSocketRouteInfo>;
  readonly versioning: VersioningOptions | undefined;
  readonly peers: SchemaPeers;
  readonly version: AsyncApiVersion;
  readonly info: AsyncApiInfo;
  readonly servers?: Readonly<Record<string, AsyncApiServer>>;
  readonly security?: Readonly<Record<string, AsyncApiSecurityScheme>>;
  readonly schemas?: SchemaConverter;
  /** Called with facts that a document cannot express. */
  readonly warn: (text: string) => void;
}

/** @throws DuplicateSchemaNameException */
export function buildDocument(parts: DocumentParts): AsyncApiDocument {
  const schemas = new SchemaSource(parts.peers, parts.schemas, parts.warn);
  const register = new MessageRegister();
  const security = new SecuritySchemes(parts.security, parts.warn);
  const mapper = new ChannelMapper({
    names: new Names(),
    mapper: new MessageMapper(new MessageDrafts(schemas)),
    register,
    bindings: new HandshakeBindings(schemas, parts.versioning),
    security,
  });
  const routes = [...parts.routes];
  const mapped = routes.flatMap((route) => mapper.channelsOf(route));
  for (const route of routes) addExtraModels(schemas, route);
  const components = {
    ...filled('messages', register.all()),
    ...filled('schemas', schemas.all()),
    ...filled('securitySchemes', security.all()),
  };
  return withoutPrototypes({
    asyncapi: parts.version,
    info: parts.info,
    defaultContentType: JSON_TYPE,
    ...(parts.servers && { servers: parts.servers }),
    channels: Object.fromEntries(mapped.map(({ id, channel }) => [id, channel])),
    operations: Object.fromEntries(mapped.flatMap(({ operations }) => operations)),
    components,
  });
}

/** Removes `__proto__`: tools that copy members by assignment would set a prototype. No client can send it either. */
function withoutPrototypes(document: AsyncApiDocument): AsyncApiDocument;
function withoutPrototypes(document: AsyncApiDocument): unknown {
  const copy: unknown = JSON.parse(JSON.stringify(document), (name, value: unknown) =>
    name === '__proto__' ? undefined : value,
  );
  return copy;
}

function addExtraModels(schemas: SchemaSource, route: WebSocketRouteInfo): void {
  const where = route.controller.name;
  for (const model of SwaggerMetadata.extraModelsOf(route.controller, methodOf(route)))
    schemas.schemaOf(model, { where, direction: 'output', name: model.name });
}

function filled<T>(name: string, values: Record<string, T>): Record<string, Record<string, T>> {
  return Object.keys(values).length > 0 ? { [name]: values } : {};
}
