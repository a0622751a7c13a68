import { Body, Catch, Controller, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { AsyncWebSocketSender, WebSocket, type MessageCodec } from 'nestjs-revali-ws';
import { from, type Observable } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const BYTES = Uint8Array.of(1, 2, 3, 4);
/** The bytes above, with others around them that must not be sent. */
const around = Uint8Array.of(99, 98, 1, 2, 3, 4, 97, 96).buffer;

class Liar extends Uint8Array {
  override get length(): number {
    return 100_000;
  }
  override get byteLength(): number {
    return 100_000;
  }
  override get byteOffset(): number {
    return 1;
  }
}
const lyingView = new DataView(around, 2, 4);
Object.defineProperty(lyingView, 'byteLength', { value: 100_000 });
const overwritten = Buffer.from(BYTES);
Object.defineProperty(overwritten, 'length', { value: 100_000 });
const shared = new SharedArrayBuffer(4);
new Uint8Array(shared).set(BYTES);

/** What a codec may give, by the name that a client sends; all of it means the same bytes. */
const views: Record<string, unknown> = {
  'a Buffer': Buffer.from(BYTES),
  'a Uint8Array': BYTES,
  'a part of a Uint8Array': new Uint8Array(around, 2, 4),
  'a Uint8ClampedArray': new Uint8ClampedArray(around, 2, 4),
  'a part of a Uint16Array': new Uint16Array(around, 2, 2),
  'a Float32Array': new Float32Array(Uint8Array.from(BYTES).buffer),
  'a DataView on a part': new DataView(around, 2, 4),
  'an ArrayBuffer': Uint8Array.from(BYTES).buffer,
  'a SharedArrayBuffer': shared,
  'a subclass that lies': Liar.from(BYTES),
  'a DataView that lies': lyingView,
  'a Buffer whose length was overwritten': overwritten,
};

/** What a codec must not give. */
const others: Record<string, unknown> = {
  'an array': [1, 2, 3],
  'a number': 7,
  'a large number': 1e9,
  'a plain object': { length: 5, byteLength: 5 },
  undefined,
  null: null,
  'a boolean': true,
  'a boxed string': Object('text'),
  'a symbol': Symbol('s'),
  'a function': () => 'text',
  'a promise': Promise.resolve('text'),
  'a proxy of a Buffer': new Proxy(Buffer.from('secret'), {}),
  'an object that inherits from Uint8Array': Object.create(Uint8Array.prototype),
};

const given = (name: unknown): unknown => Reflect.get({ ...views, ...others }, String(name));

const codec: MessageCodec = {
  decode: String,
  // What TypeScript would not let pass, plain JavaScript does.
  encode: given as MessageCodec['encode'],
};

@Catch()
class NamingFilter implements ExceptionFilter {
  catch(error: unknown): unknown {
    return error instanceof Error ? error.message : '';
  }
}

@Controller()
class Ways {
  @WebSocket('returned', { format: codec })
  returned(@Body() name: string): string {
    return name;
  }
  @WebSocket('promised', { format: codec })
  async promised(@Body() name: string): Promise<string> {
    return name;
  }
  @WebSocket('yielded', { format: codec })
  *yielded(@Body() name: string): Generator<string> {
    yield name;
  }
  @WebSocket('observed', { format: codec })
  observed(@Body() name: string): Observable<string> {
    return from([name]);
  }
  @WebSocket('sent', { format: codec })
  sent(@Body() name: string, sender: AsyncWebSocketSender): void {
    void sender.send(name);
  }
  @WebSocket('filtered', { format: codec })
  @UseFilters(NamingFilter)
  filtered(@Body() name: string): void {
    throw new Error(name);
  }

  @WebSocket('plain')
  plain(@Body() text: string): string {
    return text;
  }
  @WebSocket('lone')
  *lone(@Body() length: number): Generator<string> {
    yield '\ud800'.repeat(length);
    yield `\udfff${'x'.repeat(length)}\ud800`;
    yield 'next';
  }
}

const ways = ['returned', 'promised', 'yielded', 'observed', 'sent', 'filtered'];
const compressions = [
  ['', false],
  [' (compressed)', { threshold: 0 }],
] as const;

describe.each(platforms)('what a codec gives, on $name', (platform) => {
  afterEach(closeAllApps);

  describe.each(compressions)('read by its bytes%s', (_name, perMessageDeflate) => {
    it.each(Object.keys(views))('%s', async (name) => {
      const app = await startApp(platform, {
        controllers: [Ways],
        forRoot: { perMessageDeflate },
      });
      for (const way of ways) {
        const client = await app.connect(way);
        // Two in one packet leave in one piece.
        client.send(name);
        client.send(name);
        expect([...(await client.binary())]).toEqual([...BYTES]);
        expect([...(await client.binary())]).toEqual([...BYTES]);
        await client.close();
      }
    });
  });

  it.each(Object.keys(others))('cannot be serialised, and harms nobody: %s', async (name) => {
    const app = await startApp(platform, { controllers: [Ways] });
    const witness = await app.connect('plain');
    for (const way of ways) {
      const client = await app.connect(way);
      client.send(name);
      expect(await client.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
      expect(client.received).toBe(0);
      witness.send('still served');
      expect(await witness.text()).toBe('still served');
    }
  });

  it.each([1, 41, 42, 125, 126, 1_000, 6_000, 70_000])(
    'texts with lone surrogates are sent whole, and nothing with them (%i)',
    async (length) => {
      const app = await startApp(platform, { controllers: [Ways] });
      const client = await app.connect('lone');
      client.send(`${length}`);
      expect(await client.text()).toBe('\ufffd'.repeat(length));
      expect(await client.text()).toBe(`\ufffd${'x'.repeat(length)}\ufffd`);
      expect(await client.text()).toBe('next');
    },
  );

  it('shows no client what another was sent', async () => {
    const app = await startApp(platform, { controllers: [Ways] });
    const [other, client] = [await app.connect('plain'), await app.connect('returned')];
    const secret = 'secret '.repeat(100);
    for (let round = 0; round < 100; round += 1) {
      other.send(secret);
      client.send('a part of a Uint16Array');
      client.send('a DataView that lies');
      expect(await other.text()).toBe(secret);
      for (const _each of [1, 2]) expect([...(await client.binary())]).toEqual([...BYTES]);
    }
  });
});
