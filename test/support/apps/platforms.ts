import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Socket } from 'node:net';

/** What carries the clients of an app. */
export interface Line {
  /** A socket for one client. */
  open(): Socket;
  /** The app is about to close: it sends GOAWAY, and clients that come later need another connection (RFC 9113 section 6.8). */
  renew(): void;
}

export interface Platform {
  name: 'express' | 'fastify';
  createAdapter: () => AbstractHttpAdapter;
  /** Default: each client has a TCP connection of its own. @param origin `http://host:port` */
  createLine?: (origin: string) => Line;
}

const expressPlatform: Platform = { name: 'express', createAdapter: () => new ExpressAdapter() };
export const fastifyPlatform: Platform = {
  name: 'fastify',
  createAdapter: () => new FastifyAdapter(),
};

/** `describe.each(platforms)('$name', (platform) => ...)` */
export const platforms: readonly Platform[] = [expressPlatform, fastifyPlatform];
