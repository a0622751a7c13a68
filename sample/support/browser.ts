import { existsSync } from 'node:fs';

import { chromium, type Browser } from 'playwright-core';

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Headless, with its own empty profile, which is removed when it closes. */
export function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error(
      `There is no Chromium at ${executablePath}, which this test drives. Install it ` +
        '(Debian and Ubuntu: `apt-get install chromium`), or set CHROMIUM_PATH to a Chromium or Chrome.',
    );
  }
  return chromium.launch({ executablePath, args: [...ARGUMENTS, ...more] });
}
