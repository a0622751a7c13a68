import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Socket } from 'node:net';

/** What carries the clients of an app. */
export interface Line {
  /** A socket for one client. */
  open(): Socket;
}

export interface Platform {
  name: 'express' | 'fastify';
  createAdapter: () => AbstractHttpAdapter;
  /** Default: each client has a TCP connection of its own. @param origin `http://host:port` */
  createLine?: (origin: string) => Line;
}

/** `describe.each(platforms)('$name', (platform) => ...)` */
export const platforms: readonly Platform[] = [
  { name: 'express', createAdapter: () => new ExpressAdapter() },
  { name: 'fastify', createAdapter: () => new FastifyAdapter() },
];
