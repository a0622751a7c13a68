/**
 * Return it from an exception filter to stay silent: the client gets no answer, and the connection stays as it is. A
 * filter that returns nothing, and has neither sent nor closed, has not answered: the route's option `errors` then
 * applies.
 *
 * @example
 * ```ts
 * catch(error: OutdatedException): typeof NO_REPLY {
 *   this.log.debug(error);
 *   return NO_REPLY;
 * }
 * ```
 */
export const NO_REPLY: unique symbol = Symbol.for('nestjs-revali-ws:no-reply');
