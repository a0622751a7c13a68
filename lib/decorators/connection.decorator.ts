import { createParamDecorator } from '@nestjs/common';
import { connectionFactory } from '../handles/connection.factory.js';

/**
 * Gives the handler its {@link WebSocketConnection}, also where the compiler emits no parameter types. Pipes do not
 * run on it.
 */
export const Connection = createParamDecorator(connectionFactory);
