import { Body, Controller } from '@nestjs/common';
import { WebSocket, WebSocketConnection, type MessageCodec } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { unhandled, type UnhandledRecorder } from '../../support/faults/leaks.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const rejecting: MessageCodec = {
  decode: String,
  // What TypeScript would not let pass, plain JavaScript does.
  encode: (() => Promise.reject(new Error('secret'))) as unknown as MessageCodec['encode'],
};

function detach(bytes: Uint8Array<ArrayBuffer>): void {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
}

@Controller()
class FaultyController {
  @WebSocket('rejecting', { format: rejecting })
  reject(@Body() message: string): string {
    return message;
  }

  @WebSocket('detached')
  detached(@Body() _message: string): Uint8Array {
    const bytes = new Uint8Array(8);
    detach(bytes);
    return bytes;
  }

  @WebSocket('transferred')
  async transfer(@Body() _message: string, connection: WebSocketConnection): Promise<void> {
    const bytes = new Uint8Array(8).fill(7);
    const sent = connection.send(bytes);
    detach(bytes);
    await sent;
  }
}

describe.each(platforms)('what cannot be sent on $name', (platform) => {
  let recorder: UnhandledRecorder;
  beforeEach(() => {
    recorder = unhandled();
  });
  afterEach(closeAllApps);

  it.each(['rejecting', 'detached'])('closes its own connection with 1011: %s', async (path) => {
    const app = await startApp(platform, { controllers: [FaultyController] });
    const client = await app.connect(path);
    client.send('a');
    expect(await client.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
    expect(await recorder.release()).toEqual([]);
  });

  it('is not what was given before it was transferred', async () => {
    const app = await startApp(platform, { controllers: [FaultyController] });
    const client = await app.connect('transferred');
    client.send('a');
    expect(await client.binary()).toEqual(Buffer.alloc(8, 7));
    expect(await recorder.release()).toEqual([]);
  });
});
