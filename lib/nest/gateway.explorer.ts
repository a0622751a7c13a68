import type { ModulesContainer } from '@nestjs/core';
import {
  GATEWAY_METADATA,
  GATEWAY_OPTIONS,
  MESSAGE_MAPPING_METADATA,
  PORT_METADATA,
} from '@nestjs/websockets/constants.js';
import { readMetadata } from './metadata.js';

/** A `@WebSocketGateway()` class. */
export interface GatewayDefinition {
  readonly name: string;
  /** 0: the application's own server. */
  readonly port: number;
  readonly path: string | undefined;
  /** The object with its hooks: the instance, or its prototype if each client gets its own instance. */
  readonly target: object;
}

/** Finds the gateways of all modules. */
export function exploreGateways(modules: ModulesContainer): GatewayDefinition[] {
  const wrappers = [...modules.values()].flatMap(({ providers }) => Array.from(providers.values()));
  return wrappers.flatMap((wrapper) => {
    const { metatype, instance } = wrapper;
    if (wrapper.isNotMetatype || typeof metatype !== 'function') return [];
    if (!isGateway(metatype)) return [];
    const port = readMetadata(PORT_METADATA, metatype);
    const target: unknown = wrapper.isDependencyTreeStatic() ? instance : metatype.prototype;
    if (typeof target !== 'object' || target === null) return [];
    return {
      name: metatype.name,
      port: typeof port === 'number' ? port : 0,
      path: pathOf(readMetadata(GATEWAY_OPTIONS, metatype)),
      target,
    };
  });
}

export function isGateway(metatype: object): boolean {
  return readMetadata(GATEWAY_METADATA, metatype) === true;
}

/** Whether a method has `@SubscribeMessage()`. */
export function subscribesToGateway(method: object): boolean {
  return readMetadata(MESSAGE_MAPPING_METADATA, method) === true;
}

function pathOf(options: unknown): string | undefined {
  const path: unknown =
    typeof options === 'object' && options !== null ? Reflect.get(options, 'path') : undefined;
  return typeof path === 'string' ? path : undefined;
}
