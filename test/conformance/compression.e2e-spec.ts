import { startApp } from '../support/apps/app-factory.js';
import { close } from '../support/raw/frames.js';
import { closeAllClients } from '../support/clients/open-clients.js';
import { transports } from '../support/apps/transports.js';
import { Opcode } from '../support/raw/raw-frame.js';
import { closeAllApps, type RunningApp } from '../support/apps/running-app.js';
import { watch } from '../support/raw/sights.js';
import { DeflateClient } from '../support/raw/deflate-client.js';
import { EchoController } from './echo-controller.js';

const KIB = 1024;
const SIZES = [0, 16, 64, 256, KIB, 4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB];
const MESSAGES = 10;
const INDEPENDENT = 'permessage-deflate; client_no_context_takeover; server_no_context_takeover';

/** What a client offers, and what the server has to agree to. */
const offers: readonly { section: string; offer: string; agreed: readonly string[] }[] = [
  {
    section: '13.1',
    offer: 'permessage-deflate; client_no_context_takeover; client_max_window_bits',
    agreed: ['client_no_context_takeover'],
  },
  {
    section: '13.2',
    offer: 'permessage-deflate; server_no_context_takeover; client_max_window_bits',
    agreed: ['server_no_context_takeover'],
  },
  {
    section: '13.3',
    offer: 'permessage-deflate; server_max_window_bits=9; client_max_window_bits',
    agreed: ['server_max_window_bits=9'],
  },
  {
    section: '13.4',
    offer: 'permessage-deflate; server_max_window_bits=15; client_max_window_bits',
    agreed: ['server_max_window_bits=15'],
  },
  {
    section: '13.5',
    offer:
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=9; client_max_window_bits',
    agreed: ['server_no_context_takeover', 'server_max_window_bits=9'],
  },
  {
    section: '13.6',
    offer:
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=15; client_max_window_bits',
    agreed: ['server_no_context_takeover', 'server_max_window_bits=15'],
  },
  {
    section: '13.7',
    offer:
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=9, ' +
      'permessage-deflate; server_no_context_takeover, permessage-deflate',
    agreed: ['server_no_context_takeover', 'server_max_window_bits=9'],
  },
];

/**
 * The same kilobyte over and over, of letters without a pattern: a window of 512 bytes finds no repetition in it, a
 * larger one does, and so does one that remembers the message before.
 */
function contentOf(size: number): Buffer {
  const letters = Buffer.alloc(KIB);
  for (let index = 0, state = 1; index < KIB; index += 1) {
    state = (state * 48_271) % 0x7fff_ffff;
    letters[index] = 0x61 + (state % 26);
  }
  return Buffer.alloc(size, letters);
}

describe.each(transports)('compression on $label', (platform) => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await startApp(platform, {
      controllers: [EchoController],
      forRoot: { ping: false, perMessageDeflate: { threshold: 0 } },
    });
  });
  afterEach(closeAllClients);
  afterAll(closeAllApps);

  it.each(SIZES)('12.1 echoes texts of %d bytes, each compressed by itself', async (size) => {
    await expectEchoes(app, INDEPENDENT, Opcode.text, contentOf(size));
  });

  it.each(SIZES)('12.2 echoes %d bytes, each compressed by itself', async (size) => {
    await expectEchoes(app, INDEPENDENT, Opcode.binary, contentOf(size));
  });

  it.each([256, KIB, 4 * KIB, 32 * KIB])(
    '12.3 echoes texts of 128 KiB in fragments of %d bytes',
    async (fragmentSize) => {
      await expectEchoes(app, INDEPENDENT, Opcode.text, contentOf(128 * KIB), fragmentSize);
    },
  );

  it.each([256, KIB, 4 * KIB, 32 * KIB])(
    '12.4 echoes 128 KiB in fragments of %d bytes',
    async (fragmentSize) => {
      await expectEchoes(app, INDEPENDENT, Opcode.binary, contentOf(128 * KIB), fragmentSize);
    },
  );

  it('12.5 echoes what is not compressed on the same connection', async () => {
    const client = await DeflateClient.open(app, '/echo', 'permessage-deflate');
    client.raw.frame({ opcode: Opcode.text, payload: 'plain' });
    expect(await client.receive()).toMatchObject({ content: Buffer.from('plain') });
    await client.send(Opcode.text, Buffer.from('compressed'));
    expect(await client.receive()).toMatchObject({ content: Buffer.from('compressed') });
  });

  it('12.5 answers a compressed message that is not UTF-8 with 1007', async () => {
    const client = await DeflateClient.open(app, '/echo', 'permessage-deflate');
    await client.send(Opcode.text, Buffer.of(0x61, 0xed, 0xa0, 0x80));
    expect(await watch(client.raw, ['close 1007', 'gone'])).toEqual(['close 1007', 'gone']);
  });

  it('compresses nothing for a client that did not offer it', async () => {
    const client = await DeflateClient.open(app, '/echo', 'x-other-extension');
    expect(client.agreed).toBe('');
    client.raw.frame({ opcode: Opcode.text, payload: contentOf(KIB) });
    expect(await client.receive()).toEqual({
      opcode: Opcode.text,
      isCompressed: false,
      content: contentOf(KIB),
    });
  });

  describe.each(offers)('$section with $offer', ({ offer, agreed }) => {
    it('agrees to what was asked', async () => {
      const client = await DeflateClient.open(app, '/echo', offer);
      const parameters = client.agreed.split(/[;,] */);
      expect(parameters).toEqual(expect.arrayContaining(['permessage-deflate', ...agreed]));
    });

    it.each(SIZES)('echoes texts of %d bytes', async (size) => {
      await expectEchoes(app, offer, Opcode.text, contentOf(size));
    });

    it.each([KIB, 128 * KIB])('echoes %d bytes in fragments', async (size) => {
      await expectEchoes(app, offer, Opcode.binary, contentOf(size), 100);
    });
  });
});

/** All at once, then read one after another; then the close. */
async function expectEchoes(
  app: RunningApp,
  offer: string,
  opcode: number,
  content: Buffer,
  fragmentSize?: number,
): Promise<void> {
  const client = await DeflateClient.open(app, '/echo', offer);
  for (let sent = 0; sent < MESSAGES; sent += 1) await client.send(opcode, content, fragmentSize);
  for (let received = 0; received < MESSAGES; received += 1) {
    const message = await client.receive();
    expect({ ...message, content: message.content.equals(content) }).toEqual({
      opcode,
      isCompressed: true,
      content: true,
    });
  }
  client.raw.frame(close(1000));
  expect(await watch(client.raw, ['close 1000', 'gone'])).toEqual(['close 1000', 'gone']);
}
