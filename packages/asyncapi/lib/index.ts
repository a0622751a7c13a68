/**
 * AsyncAPI documents of the WebSocket routes that `nestjs-revali-ws` serves.
 *
 * @module nestjs-revali-ws-asyncapi
 */
export { AsyncApiModule } from './async-api.module.js';
export { createAsyncApiDocument, type AsyncApiApplication } from './async-api.document.js';
export type { AsyncApiDecorator } from './decorators/controller.decorators.js';
export type { AsyncApiDocumentOptions, AsyncApiModuleOptions } from './async-api.options.js';
export { InvalidAsyncApiOptionException } from './async-api.options.check.js';
export { applicationContract } from './application.contract.js';
export type { ChannelContract } from './contract/channel.contract.js';
export { documentContract, type DocumentContract } from './contract/document.contract.js';
export type { ContractMessage } from './contract/message.kind.js';
export { RelayWithoutGuardException } from './relay/relay.exceptions.js';
export { compareRoutes } from './compare.routes.js';
export type { ChangeDirection, ChangeLevel, RouteChange } from './comparison/route.change.js';
export { DuplicateSchemaNameException } from './schema/schema.exceptions.js';
export type {
  AsyncApiChannel,
  AsyncApiDocument,
  AsyncApiInfo,
  AsyncApiMessage,
  AsyncApiOperation,
  AsyncApiParameter,
  AsyncApiReference,
  AsyncApiSecurityScheme,
  AsyncApiServer,
  AsyncApiTag,
  AsyncApiVersion,
  AsyncApiWebSocketBinding,
} from './document/document.types.js';
export type { JsonSchema, SchemaConverter, SchemaDirection } from './schema/json.schema.js';
