// The package in a page, for tests of pages.
import * as client from 'nestjs-revali-ws-client';

declare global {
  var client: typeof import('nestjs-revali-ws-client');
  var echo: import('nestjs-revali-ws-client').Connection<
    import('nestjs-revali-ws-client').AnyRoute
  >;
  /** What the connection has told. */
  var told: unknown[];
}

globalThis.client = client;
globalThis.told = [];
addEventListener('pageshow', ({ persisted }) => persisted && told.push('persisted'));
