import { WebSocketGateway } from '@nestjs/websockets';
import { RevaliWsAdapter } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import {
  ALONE,
  independent,
  noise,
  startFeed,
  THRESHOLD,
  times,
  words,
} from '../../support/apps/compressed-feed.js';
import { platforms } from '../../support/apps/platforms.js';
import { RoomsApp } from '../../support/apps/rooms-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { overTls, trusted } from '../../support/apps/tls-app.js';
import { DeflateClient } from '../../support/raw/deflate-client.js';
import { Opcode } from '../../support/raw/raw-frame.js';
import { Deflations } from '../../support/records/deflations.js';

/** Makes something of its options that they were not, as a later version of `ws` might. It still reads them itself. */
function changeExtension(socket: object | undefined): void {
  const extensions: unknown = Reflect.get(socket ?? {}, '_extensions');
  const deflate: unknown = Reflect.get(Object(extensions), 'permessage-deflate');
  const options: unknown = Reflect.get(Object(deflate), '_options');
  const changed = Reflect.set(
    Object(deflate),
    '_options',
    Object.assign(() => undefined, options),
  );
  if (!changed || options === undefined) throw new Error('nothing to change');
}

describe.each(platforms)('a prepared message for compressed connections on $name', (platform) => {
  let deflations: Deflations;

  beforeEach(() => {
    deflations = new Deflations();
  });

  afterEach(async () => {
    await closeAllApps();
    deflations.stop();
  });

  it.each([
    ['a text of 1,000 bytes', words(1_000), 1, 0],
    ['a text of 100 KB', words(100_000), 1, 1],
    ['bytes', noise(70_000), 1, 1],
    ['a text below the threshold', 'x'.repeat(THRESHOLD - 1), 0, 0],
    ['a text at the threshold', 'x'.repeat(THRESHOLD), 1, 0],
  ])('is compressed once for fifty clients: %s', async (_name, value, messages, deflaters) => {
    const { app, feed, come } = await startFeed(platform);
    const clients = await times(50, () => app.connect('reader'));
    await come(50);
    feed.tell(value);
    for (const client of clients) {
      if (typeof value === 'string') expect((await client.text()) === value).toBe(true);
      else expect((await client.binary()).equals(value)).toBe(true);
    }
    expect(deflations).toMatchObject({ messages, deflaters });
  });

  it('is compressed once for the members of a room', async () => {
    const rooms = await RoomsApp.start(platform, { perMessageDeflate: independent });
    const members = await rooms.enterAll(20, 'chat/lobby');
    await rooms.chat.at('lobby').broadcast(words(900));
    for (const { client } of members) expect(await client.text()).toBe(words(900));
    expect(deflations.messages).toBe(1);
  });

  it('keeps what it was compressed to for those who get it later', async () => {
    const { app, feed, come } = await startFeed(platform);
    const first = await app.connect('reader');
    await come(1);
    const message = feed.prepare(words(1_000));
    void feed.readers[0]?.send(message);
    expect(await first.text()).toBe(words(1_000));
    const second = await app.connect('reader');
    await come(2);
    for (let count = 0; count < 10; count += 1) void feed.readers[1]?.send(message);
    for (let count = 0; count < 10; count += 1) expect(await second.text()).toBe(words(1_000));
    expect(deflations.messages).toBe(1);
  });

  it('is shared across routes, with options of zlib, too', async () => {
    const perMessageDeflate = { ...independent, zlibDeflateOptions: { level: 9, memLevel: 7 } };
    const { app, feed, come } = await startFeed(platform, { forRoot: { perMessageDeflate } });
    const clients = [await app.connect('reader'), await app.connect('other')];
    await come(2);
    feed.tell(words(1_000));
    for (const client of clients) expect(await client.text()).toBe(words(1_000));
    expect(deflations.messages).toBe(1);
  });

  it('can be inflated by itself, and is marked as compressed', async () => {
    const { app, feed, come } = await startFeed(platform);
    const clients = await times(3, () => DeflateClient.open(app, '/reader', ALONE));
    await come(3);
    for (let round = 0; round < 3; round += 1) {
      feed.tell(words(100_000));
      feed.tell(noise(1_000));
      feed.tell('short');
    }
    for (const client of clients) {
      for (let round = 0; round < 3; round += 1) {
        const [text, bytes] = [await client.receive(), await client.receive()];
        expect(text).toMatchObject({ opcode: Opcode.text, isCompressed: true });
        expect(text.content.toString() === words(100_000)).toBe(true);
        expect(bytes).toMatchObject({ opcode: Opcode.binary, isCompressed: true });
        expect(bytes.content.equals(noise(1_000))).toBe(true);
        const short = { opcode: Opcode.text, isCompressed: false, content: Buffer.from('short') };
        expect(await client.receive()).toEqual(short);
      }
    }
  });

  it('is compressed once for each size of window that was negotiated', async () => {
    const { app, feed, come } = await startFeed(platform);
    const small = `${ALONE}; server_max_window_bits=9`;
    const clients = [
      ...(await times(3, () => DeflateClient.open(app, '/reader', ALONE))),
      ...(await times(3, () => DeflateClient.open(app, '/reader', small))),
    ];
    const hasSmall = clients.map(({ agreed }) => agreed.includes('server_max_window_bits=9'));
    expect(hasSmall).toEqual([false, false, false, true, true, true]);
    await come(6);
    deflations.messages = 0;
    // A distance that the small window does not reach.
    const content = Buffer.concat([noise(3_000), noise(3_000)]);
    feed.tell(content);
    for (const client of clients) expect((await client.receive()).content).toEqual(content);
    expect(deflations.messages).toBe(2);
  });

  it('is compressed for each client that lets the server remember messages', async () => {
    const { app, feed, come } = await startFeed(platform, {
      forRoot: { perMessageDeflate: { threshold: 0 } },
    });
    const alone = await times(3, () => DeflateClient.open(app, '/reader', ALONE));
    const linked = await times(3, () => DeflateClient.open(app, '/reader', 'permessage-deflate'));
    await come(6);
    deflations.messages = 0;
    for (let round = 0; round < 2; round += 1) feed.tell(words(1_000));
    for (const client of [...alone, ...linked])
      for (let round = 0; round < 2; round += 1)
        expect((await client.receive()).content.toString()).toBe(words(1_000));
    expect(deflations.messages).toBe(2 * (1 + 3));
  });

  it("is compressed once, from 1,024 bytes on, with perMessageDeflate: 'shared'", async () => {
    const { app, feed, come } = await startFeed(platform, {
      forRoot: { perMessageDeflate: 'shared' },
    });
    const clients = await times(5, () => DeflateClient.open(app, '/reader', 'permessage-deflate'));
    for (const { agreed } of clients)
      expect(agreed).toBe(
        'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
      );
    await come(5);
    for (const size of [1_023, 1_024]) feed.tell('x'.repeat(size));
    for (const client of clients) {
      expect((await client.receive()).isCompressed).toBe(false);
      expect((await client.receive()).content.length).toBe(1_024);
    }
    expect(deflations.messages).toBe(1);
  });

  it("a gateway takes 'shared' as well, and nothing that is no option", async () => {
    @WebSocketGateway({ path: '/gateway', perMessageDeflate: 'shared' })
    class Gateway {}
    const app = await startApp(platform, {
      providers: [Gateway],
      configure: (created) => {
        created.useWebSocketAdapter(new RevaliWsAdapter(created));
      },
    });
    const { agreed } = await DeflateClient.open(app, '/gateway', 'permessage-deflate');
    expect(agreed).toContain('server_no_context_takeover');
    @WebSocketGateway({
      path: '/wrong',
      ...(JSON.parse('{ "perMessageDeflate": "always" }') as object),
    })
    class Wrong {}
    const broken = startApp(platform, {
      providers: [Wrong],
      configure: (created) => {
        created.useWebSocketAdapter(new RevaliWsAdapter(created));
      },
    });
    await expect(broken).rejects.toThrow(/'\/wrong'.*perMessageDeflate.*'shared'/);
    const wrong = JSON.parse('{ "perMessageDeflate": "always" }') as object;
    await expect(startFeed(platform, { forRoot: wrong })).rejects.toThrow(
      /perMessageDeflate.*'shared'/,
    );
  });

  it('is compressed for each client where ws has changed its extension', async () => {
    const { app, feed, come } = await startFeed(platform);
    const clients = await times(3, () => app.connect('reader'));
    await come(3);
    for (const { socket } of feed.readers) changeExtension(socket);
    feed.tell(words(1_000));
    for (const client of clients) expect(await client.text()).toBe(words(1_000));
    expect(deflations.messages).toBe(3);
  });

  it('is compressed once over TLS', async () => {
    const { app, feed, come } = await startFeed(platform, overTls(platform));
    const clients = await times(3, () => app.connect('reader', trusted));
    await come(3);
    for (let round = 0; round < 5; round += 1) {
      feed.tell(words(200_000));
      feed.tell('small');
    }
    for (const client of clients)
      for (let round = 0; round < 5; round += 1) {
        expect((await client.text()) === words(200_000)).toBe(true);
        expect(await client.text()).toBe('small');
      }
    expect(deflations.messages).toBe(5);
  });
});
