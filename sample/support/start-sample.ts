import type { INestApplication, NestApplicationOptions } from '@nestjs/common';

import { RecordingLogger } from '../../test/support/records/recording-logger.js';
import { RunningApp } from '../../test/support/apps/running-app.js';

/** A sample on a free port, or on another's former port; `closeAllApps()` ends it. */
export async function startSample(
  createApp: (options: NestApplicationOptions) => Promise<INestApplication>,
  port = 0,
): Promise<RunningApp> {
  const logs = new RecordingLogger();
  const app = await createApp({ logger: logs });
  await app.listen(port, '127.0.0.1');
  return new RunningApp(app, logs);
}
