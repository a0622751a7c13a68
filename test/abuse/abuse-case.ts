import type { RevaliWsModuleOptions } from 'nestjs-revali-ws';

import type { RawUpgrade } from '../support/raw/raw-upgrade.js';
import type { RunningApp } from '../support/apps/running-app.js';
import type { Sent } from '../support/raw/sent.js';
import type { Sight } from '../support/raw/sights.js';

/** What a hostile client sends, and what must be seen. */
export interface AbuseCase {
  readonly name: string;
  /** About the form that a request has in HTTP/1.1 alone; HTTP/2 has tests of its own in `test/e2e/http2`. */
  readonly isOfHttp1?: boolean;
  /** Default: `/echo`. */
  readonly path?: string;
  readonly upgrade?: RawUpgrade;
  /** In place of an upgrade request. */
  readonly request?: string | Uint8Array;
  /** After the 101. */
  readonly send?: readonly Sent[];
  /** In place of all that, for more than one connection. */
  readonly attack?: (app: RunningApp) => Promise<readonly Sight[]>;
  /**
   * Begins with the HTTP status, 101 where it is left out. A connection whose end is not among the sights must still
   * answer a ping.
   */
  readonly see: readonly Sight[];
}

/** Cases that share an application. */
export interface AbuseTheme {
  readonly theme: string;
  /** As for {@link AbuseCase}. */
  readonly isOfHttp1?: boolean;
  readonly forRoot?: RevaliWsModuleOptions;
  readonly cases: readonly AbuseCase[];
}
