import type { Server } from 'node:http';
import type { Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { INestApplication, LogLevel, Type } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** Connections that Linux keeps until they are accepted: its own limit, where Node asks for 511. */
const BACKLOG = 4096;
const anyPort = { port: 0, host: '127.0.0.1', backlog: BACKLOG };

/** Of the platforms that are not Nest's own choice. */
const adapters = new Map<string, () => AbstractHttpAdapter>([
  ['fastify', () => new FastifyAdapter()],
  ['fastify-http2', () => new FastifyAdapter<Http2Server>({ http2: true })],
]);

export function createApp(module: Type, platform: string): Promise<INestApplication> {
  const logger: LogLevel[] = ['error', 'warn'];
  const createAdapter = adapters.get(platform);
  return createAdapter
    ? NestFactory.create(module, createAdapter(), { logger })
    : NestFactory.create(module, { logger });
}

/** @returns The port. */
export async function listenApp(app: INestApplication): Promise<number> {
  // Both platforms take what Node takes, and Nest's types know the port alone.
  await Reflect.apply(app.listen, app, [anyPort]);
  return portOf(app.getHttpServer() as Server);
}

/** @returns The port. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(anyPort, resolve));
  return portOf(server);
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;
