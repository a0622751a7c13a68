import type { ExecutionContext } from '@nestjs/common';

const CONNECTION_FACTORY = Symbol.for('nestjs-revali-ws:connection-factory');

/** The factory of `@Connection()`. Both builds of this package know its mark. */
export const connectionFactory = Object.assign(
  (_data: unknown, context: ExecutionContext): unknown => context.switchToWs().getClient(),
  { [CONNECTION_FACTORY]: true },
);

export function isConnectionFactory(factory: unknown): boolean {
  return typeof factory === 'function' && CONNECTION_FACTORY in factory;
}
