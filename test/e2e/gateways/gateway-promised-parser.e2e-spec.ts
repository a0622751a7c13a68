import type { GatewayMessageParser } from 'nestjs-revali-ws';

import { startGateways } from '../../support/apps/gateways/app.js';
import { gatewayAt } from '../../support/apps/gateways/classes.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { eventually } from '../../support/deadline.js';
import { unhandled } from '../../support/faults/leaks.js';

// What TypeScript would not let pass, plain JavaScript does.
const promising = (async (frame: string | Buffer): Promise<unknown> =>
  JSON.parse(frame.toString())) as unknown as GatewayMessageParser;

describe.each(platforms)('the parser of gateways on $name', (platform) => {
  afterEach(closeAllApps);

  it('drops, counts and logs a frame for which it gives a promise', async () => {
    const recorder = unhandled();
    const { app, adapter } = await startGateways(platform, [gatewayAt(undefined, '/chat')]);
    adapter.setMessageParser(promising);
    const client = await app.connect('/chat');
    client.sendJson({ event: 'push', data: 1 });
    client.send('no json');
    const messages = () => adapter.snapshot().messages;
    await eventually(() => expect(messages().undecodable).toBe(2), 'two frames dropped');
    expect(await recorder.release()).toEqual([]);
    expect(messages()).toMatchObject({ unknown: 0, sent: 0 });
    expect(app.logs.messages('debug')).toContainEqual(
      expect.stringContaining('A frame was dropped: the message parser returned a promise'),
    );
  });
});
