import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

const CONNECTION_FACTORY = Symbol.for('nestjs-revali-ws:connection-factory');

const connectionFactory = Object.assign(
  (_data: unknown, context: ExecutionContext): unknown => context.switchToWs().getClient(),
  { [CONNECTION_FACTORY]: true },
);

/**
 * Gives the handler its {@link WebSocketConnection}, also where the compiler emits no parameter types. Pipes do not
 * run on it.
 */
export const Connection = createParamDecorator(connectionFactory);

export function isConnectionFactory(factory: unknown): boolean {
  return typeof factory === 'function' && CONNECTION_FACTORY in factory;
}
