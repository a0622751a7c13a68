import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

export interface Platform {
  name: 'express' | 'fastify';
  createAdapter: () => AbstractHttpAdapter;
}

/** `describe.each(platforms)('$name', (platform) => ...)` */
export const platforms: readonly Platform[] = [
  { name: 'express', createAdapter: () => new ExpressAdapter() },
  { name: 'fastify', createAdapter: () => new FastifyAdapter() },
];
