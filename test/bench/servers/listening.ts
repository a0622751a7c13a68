import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication, LogLevel, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

export function createApp(module: Type, platform: string): Promise<INestApplication> {
  const logger: LogLevel[] = ['error', 'warn'];
  return platform === 'fastify'
    ? NestFactory.create(module, new FastifyAdapter(), { logger })
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
