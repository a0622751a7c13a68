import type { ExecutionContext } from '@nestjs/common';

const CONNECTION_FACTORY = Symbol.for('nestjs-revali-ws:connection-factory');

/** What `@Connection()` reads. Its mark is known to the other build of this package, too. */
export const connectionFactory = Object.assign(
  (_data: unknown, context: ExecutionContext): unknown => context.switchToWs().getClient(),
  { [CONNECTION_FACTORY]: true },
);

export function isConnectionFactory(factory: unknown): boolean {
  return typeof factory === 'function' && CONNECTION_FACTORY in factory;
}
