import { Body, Controller } from '@nestjs/common';
import {
  PreparedMessage,
  UnserializableMessageException,
  WebSocket,
  WebSocketConnection,
} from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const refuse = (): never => {
  throw new TypeError('no');
};

class FaultyMessage extends PreparedMessage {
  get frame(): Buffer {
    return refuse();
  }
  get payload(): Buffer {
    return refuse();
  }
  get isBinary(): boolean {
    return false;
  }
  get format(): unknown {
    return 'auto';
  }
  headedBy(): PreparedMessage {
    return refuse();
  }
}

/** By its name, what a connection is given in place of a prepared message. */
const fakes = new Map<string, (message: PreparedMessage) => unknown>([
  ['proxy', (message) => new Proxy(message, {})],
  ['heir', (message): unknown => Object.create(message)],
  ['class', () => new FaultyMessage()],
  ['getter', (message): unknown => Object.create(message, { format: { get: refuse } })],
]);

@Controller()
class FakeController {
  readonly faults: unknown[] = [];

  @WebSocket('sent')
  send(@Body() name: string, connection: WebSocketConnection): void {
    const fake = fakes.get(name)?.(connection.prepare('secret'));
    connection.send(fake).catch((error: unknown) => this.faults.push(error));
  }
}

describe.each(platforms)('what only looks like a prepared message on $name', (platform) => {
  afterEach(closeAllApps);

  it.each([...fakes.keys()])('cannot be serialized: %s', async (name) => {
    const app = await startApp(platform, { controllers: [FakeController] });
    const client = await app.connect('sent');
    client.send(name);
    expect(await client.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
    const { faults } = app.app.get(FakeController);
    expect(faults).toEqual([expect.any(UnserializableMessageException)]);
    expect(String(faults[0])).toContain('it only looks like a prepared message');
    expect(app.logs.messages('error')).toEqual([
      expect.stringContaining('A message cannot be serialized'),
    ]);
  });
});
