import { Body } from '@nestjs/common';
import {
  OnConnect,
  OnMessage,
  WebSocketController,
  type MessageCodec,
  type MessageTypeReader,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

let decoded = 0;
const counting: MessageCodec = {
  decode: (data) => {
    decoded += 1;
    return JSON.parse(data.toString()) as unknown;
  },
  encode: String,
};

@WebSocketController('unread', { format: counting })
class UnreadController {
  @OnConnect()
  connect(): string {
    return 'welcome';
  }

  @OnMessage()
  take(): number {
    return decoded;
  }
}

@WebSocketController('upload')
class UploadController {
  @OnMessage()
  take(@Body() chunk: Buffer): Buffer {
    return chunk;
  }
}

const strict: MessageTypeReader = () => {
  decoded += 1;
  return undefined;
};

@WebSocketController('asked', { by: strict })
class AskedController {
  @OnMessage()
  take(): number {
    return decoded;
  }
}

const controllers = [UnreadController, UploadController, AskedController];

describe.each(platforms)('a controller that takes messages of any type on $name', (platform) => {
  beforeEach(() => {
    decoded = 0;
  });
  afterEach(closeAllApps);

  it('reads no message to tell its type', async () => {
    const app = await startApp(platform, { controllers });
    const client = await app.connect('unread');
    expect(await client.text()).toBe('welcome');
    for (const message of ['{"type":"say"}', Buffer.from([0xff]), '']) {
      client.send(message);
      expect(await client.text()).toBe('0');
    }
    const upload = await app.connect('upload');
    const chunk = Buffer.from('{"type":"say"}');
    upload.send(chunk);
    expect(await upload.binary()).toEqual(chunk);
  });

  it('asks a function all the same, which may refuse a message', async () => {
    const app = await startApp(platform, { controllers });
    const client = await app.connect('asked');
    client.send('hi');
    expect(await client.text()).toBe('1');
  });

  it('is logged as one for any message', async () => {
    const app = await startApp(platform, { controllers });
    const lines = app.logs.entries.filter(({ context }) => context === 'WebSocketRoutes');
    expect(lines.map(({ message }) => message)).toEqual([
      'Mapped {/unread, WS} route (messages: any)',
      'Mapped {/upload, WS} route (messages: any)',
      'Mapped {/asked, WS} route (messages: any)',
    ]);
  });
});
