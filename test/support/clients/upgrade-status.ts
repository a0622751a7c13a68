import { RefusedError } from './refused-error.js';
import type { RunningApp } from '../apps/running-app.js';
import type { TestClientOptions } from './test-client.js';

/** What an upgrade comes to: 101, or the status of the refusal. */
export async function upgradeStatus(
  app: RunningApp,
  path: string,
  options?: TestClientOptions,
): Promise<number> {
  try {
    const client = await app.connect(path, options);
    client.terminate();
    return 101;
  } catch (error) {
    if (error instanceof RefusedError) return error.status;
    throw error;
  }
}
