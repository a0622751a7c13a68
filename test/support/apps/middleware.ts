import type { IncomingMessage, ServerResponse } from 'node:http';

import {
  Module,
  UnauthorizedException,
  type MiddlewareConsumer,
  type ModuleMetadata,
  type NestModule,
  type Type,
} from '@nestjs/common';

export type Next = (error?: unknown) => void;

/** Middleware as Express and Fastify both take it. */
export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: Next,
) => void | Promise<void>;

/** A module whose `configure()` is the one given. */
export function moduleThat(
  configure: (consumer: MiddlewareConsumer) => void | Promise<void>,
  metadata: ModuleMetadata = {},
): Type<NestModule> {
  @Module(metadata)
  class ConfiguringModule implements NestModule {
    configure(consumer: MiddlewareConsumer): void | Promise<void> {
      return configure(consumer);
    }
  }
  return ConfiguringModule;
}

export const pass: Middleware = (_request, _response, next) => next();

/** The ways in which middleware refuses a request; each is answered with 401. */
export const refusals: readonly { refusal: string; refuse: Middleware }[] = [
  {
    refusal: 'answers',
    refuse: (_request, response) => {
      response.statusCode = 401;
      response.end('Stay out');
    },
  },
  {
    refusal: 'answers after a while',
    refuse: async (_request, response) => {
      await new Promise((resolve) => setImmediate(resolve));
      response.statusCode = 401;
      response.end('Stay out');
    },
  },
  {
    refusal: 'hands an error to next()',
    refuse: (_request, _response, next) => next(new UnauthorizedException('Stay out')),
  },
  {
    refusal: 'throws',
    refuse: () => {
      throw new UnauthorizedException('Stay out');
    },
  },
  {
    refusal: 'rejects',
    refuse: async () => {
      await Promise.resolve();
      throw new UnauthorizedException('Stay out');
    },
  },
];
