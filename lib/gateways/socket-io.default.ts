import { messageOf } from '../log/error.text.js';

const PACKAGE = '@nestjs/platform-socket.io';

/** The parts of Nest's default adapter. */
export interface SocketIoDefault {
  readonly IoAdapter: unknown;
}

/**
 * Loads it the way Nest does, and therefore only for applications with gateways.
 *
 * @returns `undefined` if it is not installed: Nest would end the process.
 */
export async function loadSocketIoDefault(
  load: () => Promise<object> = () => import('@nestjs/platform-socket.io'),
): Promise<SocketIoDefault | undefined> {
  try {
    return { IoAdapter: Reflect.get(await load(), 'IoAdapter') };
  } catch (error) {
    // Nest reports a broken one.
    return isMissing(error) ? undefined : { IoAdapter: undefined };
  }
}

/** Node, Bun, jest, and bundlers use the same wording. If the package lacks a dependency, the quotes hold that name. */
function isMissing(error: unknown): boolean {
  const quoted = /\b(?:find|resolve)\b[^'"`\n]*['"`]([^'"`]+)/.exec(messageOf(error));
  return quoted?.[1] === PACKAGE;
}
