import { messageOf } from '../log/error.text.js';

const PACKAGE = '@nestjs/platform-socket.io';

/** What Nest's default adapter is made of. */
export interface SocketIoDefault {
  readonly IoAdapter: unknown;
}

/**
 * Loaded as Nest loads it, and so only for applications with gateways.
 *
 * @returns `undefined` where it is not installed: Nest would end the process.
 */
export async function loadSocketIoDefault(
  load: () => Promise<object> = () => import('@nestjs/platform-socket.io'),
): Promise<SocketIoDefault | undefined> {
  try {
    return { IoAdapter: Reflect.get(await load(), 'IoAdapter') };
  } catch (error) {
    // Nest complains of a broken one.
    return isMissing(error) ? undefined : { IoAdapter: undefined };
  }
}

/** Node, Bun, jest and bundlers word it alike. Where the package lacks another one, that is the name in quotes. */
function isMissing(error: unknown): boolean {
  const quoted = /\b(?:find|resolve)\b[^'"`\n]*['"`]([^'"`]+)/.exec(messageOf(error));
  return quoted?.[1] === PACKAGE;
}
