import type { Server } from 'node:http';
import type { Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { INestApplication, LogLevel, Type } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

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
  await app.listen(0, '127.0.0.1');
  return portOf(app.getHttpServer() as Server);
}

/** @returns The port. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return portOf(server);
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;
