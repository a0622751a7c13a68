import type { Header } from '../raw/raw-upgrade.js';
import type { RunningApp } from '../apps/running-app.js';

export interface Page {
  /** As the browser sends it; left out by what is no browser. */
  origin?: string;
  /** Default: that of the app. */
  host?: string;
  /** Such as those that a proxy adds. */
  headers?: readonly Header[];
}

/** What comes of a page's attempt to connect: 101, or the status of the refusal. */
export async function statusFor(
  app: RunningApp,
  path: string,
  { origin, host, headers = [] }: Page,
): Promise<number> {
  const client = await app.raw();
  const own: Header[] = [
    ...(host === undefined ? [] : [['Host', host] as const]),
    ...(origin === undefined ? [] : [['Origin', origin] as const]),
  ];
  client.upgrade(path, { headers: [...own, ...headers] });
  const { status } = await client.response();
  client.destroy();
  return status;
}
