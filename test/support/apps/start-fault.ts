import { startApp, type AppSetup } from './app-factory.js';
import type { Platform } from './platforms.js';

/** The reason why the application does not start. */
export async function startFault(platform: Platform, setup: AppSetup): Promise<Error> {
  try {
    await startApp(platform, setup);
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('the application has started');
}
