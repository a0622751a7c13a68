import { createParamDecorator } from '@nestjs/common';
import { connectionFactory } from '../handles/connection.factory.js';

/**
 * Injects the {@link WebSocketConnection} into a handler, even if the compiler emits no parameter types. Pipes do not
 * run on it.
 */
export const Connection = createParamDecorator(connectionFactory);
