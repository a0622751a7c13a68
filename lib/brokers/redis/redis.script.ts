import { createHash } from 'node:crypto';
import type { RedisArgument } from './redis.client.js';
import type { RedisConnection } from './redis.connection.js';

/** A Redis script, which runs atomically. */
export class RedisScript {
  private readonly sha: string;

  constructor(private readonly source: string) {
    this.sha = createHash('sha1').update(source).digest('hex');
  }

  /** Loads it up front, so that no command has to be repeated, which could put it after a later one. */
  async load(connection: RedisConnection): Promise<void> {
    await connection.call('script', 'load', this.source);
  }

  async run(
    connection: RedisConnection,
    keys: readonly string[],
    args: readonly RedisArgument[],
  ): Promise<unknown> {
    try {
      return await this.runLoaded(connection, keys, args);
    } catch (error) {
      if (!isNoScript(error)) throw error;
      // Someone has flushed them.
      return connection.call('eval', this.source, keys.length, ...keys, ...args);
    }
  }

  /** For commands whose order matters. @throws NOSCRIPT if someone has flushed it (as a rejection) */
  runLoaded(
    connection: RedisConnection,
    keys: readonly string[],
    args: readonly RedisArgument[],
  ): Promise<unknown> {
    return connection.call('evalsha', this.sha, keys.length, ...keys, ...args);
  }
}

/** The server does not know the script, and has done nothing. */
export const isNoScript = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('NOSCRIPT');

/** For scripts: the server's time, in ms, and numbers without an exponent. */
export const CLOCK = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function text(number) return string.format('%.0f', number) end
`;
