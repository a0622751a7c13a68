import { Controller } from '@nestjs/common';
import { WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import { connect } from 'nestjs-revali-ws/testing';

import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import type { Platform } from '../../support/apps/platforms.js';
import { transports } from '../../support/apps/transports.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import type { TestClientOptions } from '../../support/clients/test-client.js';
import { closeOpenedApps, openApp, withoutPort } from '../../support/apps/testing-kit-app.js';
import { overTls, trusted } from '../../support/apps/tls-app.js';

/** What has to go out first is the 101, which the stream may still hold. */
@Controller()
class AtOnce {
  @WebSocket('fails', { mode: 'sendOnly' })
  async *fails(): AsyncGenerator<string> {
    yield await Promise.reject<string>(new Error('at once'));
  }
  @WebSocket('closes', { triggerOnConnect: true })
  async closes(connection: WebSocketConnection): Promise<string> {
    await Promise.resolve();
    connection.close(4000, 'Done');
    return 'last';
  }
}

const closeTimeout = '1h';
const ends: [path: string, code: number][] = [
  ['fails', 1011],
  ['closes', 4000],
];

describe.each(transports)('a connection that ends at once, on $label', (platform) => {
  afterEach(closeAllApps);

  type Setting = [string, (platform: Platform) => AppSetup, TestClientOptions | undefined];
  const settings: Setting[] = [
    ['as it is', () => ({ forRoot: { closeTimeout } }), undefined],
    [
      'compressed',
      () => ({ forRoot: { closeTimeout, perMessageDeflate: { threshold: 0 } } }),
      undefined,
    ],
    ['over TLS', (where) => ({ forRoot: { closeTimeout }, ...overTls(where) }), trusted],
  ];

  it.each(settings)('waits for no more than its 101 (%s)', async (_name, setup, options) => {
    const app = await startApp(platform, { controllers: [AtOnce], ...setup(platform) });
    for (const [path, code] of ends)
      expect(await (await app.connect(path, options)).closed).toMatchObject({ code });
  });
});

describe.each(withoutPort)('a connection that ends at once, on $label', (reach) => {
  afterEach(closeOpenedApps);

  it.each([undefined, { threshold: 0 }])(
    'waits for no more than its 101 (deflate: %j)',
    async (perMessageDeflate) => {
      const app = await openApp(reach, {
        controllers: [AtOnce],
        forRoot: { closeTimeout, ...(perMessageDeflate && { perMessageDeflate }) },
      });
      for (const [path, code] of ends)
        expect(await (await connect(app, `/${path}`)).closed).toMatchObject({ code });
    },
  );
});
