import type { INestApplicationContext, Type } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { EventEmitter } from 'node:events';
import type { Server } from 'node:net';
import { exploreGateways, type GatewayDefinition } from '../nest/gateway.explorer.js';
import { PlainRooms } from '../rooms/plain.rooms.js';
import { kindMetadataOf } from '../rooms/room.kind.js';

/** A Nest application, or the `ModuleRef` of one that is being created. */
type Context = Pick<INestApplicationContext, 'get'>;

/** The part of the HTTP adapter that Nest leaves untyped. */
interface ServerHolder {
  getHttpServer(): Server | undefined;
}

/**
 * What gateways need to know about the application. It is asked when the first gateway starts, because some of it does
 * not exist earlier.
 */
export class GatewayApplication {
  /** @param source The application, or only its http server. */
  constructor(private readonly source: object | undefined) {}

  get server(): Server | undefined {
    const { source } = this;
    if (isServer(source)) return source;
    const holder: ServerHolder | undefined = this.find(HttpAdapterHost)?.httpAdapter;
    return holder?.getHttpServer();
  }

  /** None if only the http server is known. */
  get gateways(): GatewayDefinition[] {
    const modules = this.find(ModulesContainer);
    return modules ? exploreGateways(modules) : [];
  }

  /** Empty if only the http server is known. */
  get globalPrefix(): string {
    return this.find(ApplicationConfig)?.getGlobalPrefix() ?? '';
  }

  /** Whether room hooks may read the requests of clients; true if only the http server is known. */
  get hasRoomHooks(): boolean {
    const modules = this.find(ModulesContainer);
    if (!modules) return true;
    const wrappers = [...modules.values()].flatMap(({ providers }) =>
      Array.from(providers.values()),
    );
    return wrappers.some(
      ({ metatype }) => metatype !== PlainRooms && kindMetadataOf(metatype) !== undefined,
    );
  }

  private find<T>(token: Type<T>): T | undefined {
    return isContext(this.source) ? this.source.get(token, { strict: false }) : undefined;
  }
}

function isServer(source: object | undefined): source is Server {
  return source instanceof EventEmitter && 'listen' in source;
}

function isContext(source: object | undefined): source is Context {
  return source !== undefined && 'get' in source && typeof source.get === 'function';
}
