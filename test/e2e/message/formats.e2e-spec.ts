import { decode, encode } from '@msgpack/msgpack';
import { Body, Controller, Injectable, type PipeTransform } from '@nestjs/common';
import { AsyncWebSocketSender, WebSocket, type MessageCodec } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const show = (value: unknown): string =>
  Buffer.isBuffer(value) ? `bytes ${value.toString('hex')}` : `${typeof value} ${json(value)}`;
const json = (value: unknown): string => JSON.stringify(value);

@Controller('in')
class Incoming {
  @WebSocket('auto', { format: 'auto' })
  auto(@Body() body: unknown): string {
    return show(body);
  }
  @WebSocket('raw', { format: 'raw' })
  raw(@Body() body: Record<string, unknown>): string {
    return show(body);
  }
  @WebSocket('text', { format: 'text' })
  text(@Body() body: Record<string, unknown>): string {
    return show(body);
  }
  @WebSocket('binary', { format: 'binary' })
  binary(@Body() body: string): Buffer {
    return Buffer.from(show(body));
  }
  @WebSocket('json', { format: 'json' })
  json(@Body() body: string): unknown {
    return { shown: show(body) };
  }
}

@Controller('out')
class Outgoing {
  @WebSocket('auto')
  @WebSocket('raw', { format: 'raw' })
  @WebSocket('text', { format: 'text' })
  @WebSocket('binary', { format: 'binary' })
  @WebSocket('json', { format: 'json' })
  *out(): Generator {
    yield 'text';
    yield { a: 1 };
    yield Buffer.from('bytes');
  }
}

const messagePack: MessageCodec = {
  decode: (data) => decode(data),
  encode: (value) => encode(value),
};

@Injectable()
class Double implements PipeTransform<number, number> {
  transform(value: number): number {
    return value * 2;
  }
}

@Controller('msgpack')
class MessagePack {
  @WebSocket('echo', { format: messagePack })
  echo(@Body() body: Record<string, unknown>): unknown {
    return body;
  }
  @WebSocket('fields', { format: messagePack })
  async *fields(
    @Body('n', Double) n: number,
    @Body('user.name') name: string,
    sender: AsyncWebSocketSender,
  ): AsyncGenerator {
    await sender.send({ name });
    yield n;
    yield [n, null];
  }
  @WebSocket('unsendable', { format: messagePack })
  unsendable(): unknown {
    return Symbol('no MessagePack of this');
  }
}

describe.each(platforms)('formats on $name', (platform) => {
  afterEach(closeAllApps);

  it.each([
    ['auto', '{"a":1}', 'object {"a":1}'],
    ['auto', 'plain', 'string "plain"'],
    ['raw', '{"a":1}', 'string "{\\"a\\":1}"'],
    ['raw', Buffer.from('{}'), 'bytes 7b7d'],
    ['text', '{"a":1}', 'string "{\\"a\\":1}"'],
    ['text', Buffer.from('é'), 'string "é"'],
  ])("incoming, '%s' makes %p a %s", async (format, payload, shown) => {
    const app = await startApp(platform, { controllers: [Incoming] });
    const client = await app.connect(`in/${format}`);
    client.send(payload);
    expect(await client.text()).toBe(shown);
  });

  it("incoming, 'binary' gives bytes and 'json' parses, whatever the parameter's type", async () => {
    const app = await startApp(platform, { controllers: [Incoming] });
    const binary = await app.connect('in/binary');
    binary.send('hi');
    expect((await binary.binary()).toString()).toBe('bytes 6869');
    const parsed = await app.connect('in/json');
    parsed.send('{"a":1}');
    expect(await parsed.json()).toEqual({ shown: 'object {"a":1}' });
    parsed.send(Buffer.from('7'));
    expect(await parsed.json()).toEqual({ shown: 'number 7' });
    parsed.send('not JSON');
    expect(await parsed.closed).toMatchObject({ code: 1007, reason: 'Invalid payload' });
  });

  it.each([
    ['auto', ['text', '{"a":1}', Buffer.from('bytes')]],
    ['raw', ['text', '{"a":1}', Buffer.from('bytes')]],
    ['text', ['text', '{"a":1}', 'bytes']],
    ['binary', [Buffer.from('text'), Buffer.from('{"a":1}'), Buffer.from('bytes')]],
    ['json', ['"text"', '{"a":1}', json(Buffer.from('bytes'))]],
  ])("outgoing, '%s'", async (format, payloads) => {
    const app = await startApp(platform, { controllers: [Outgoing] });
    const client = await app.connect(`out/${format}`);
    client.send('go');
    for (const payload of payloads) expect((await client.next()).data).toEqual(payload);
  });

  describe('MessagePack', () => {
    it('comes and goes in binary frames', async () => {
      const app = await startApp(platform, { controllers: [MessagePack] });
      const client = await app.connect('msgpack/echo');
      const value = { text: 'é', list: [1, 2.5, null, true], bytes: Uint8Array.of(1, 2) };
      client.send(encode(value));
      expect(decode(await client.binary())).toEqual(value);
    });

    it('feeds @Body(field), pipes, streams and senders', async () => {
      const app = await startApp(platform, { controllers: [MessagePack] });
      const client = await app.connect('msgpack/fields');
      client.send(encode({ n: 21, user: { name: 'Ann' } }));
      expect(decode(await client.binary())).toEqual({ name: 'Ann' });
      expect(decode(await client.binary())).toBe(42);
      expect(decode(await client.binary())).toEqual([42, null]);
    });

    it('that cannot be decoded closes with 1007, and encoded with 1011', async () => {
      const app = await startApp(platform, { controllers: [MessagePack] });
      const broken = await app.connect('msgpack/echo');
      broken.send(Uint8Array.of(0xc1));
      expect(await broken.closed).toMatchObject({ code: 1007, reason: 'Invalid payload' });
      const unsendable = await app.connect('msgpack/unsendable');
      unsendable.send(encode(1));
      expect(await unsendable.closed).toMatchObject({ code: 1011 });
    });
  });

  it('a codec is told whether the frame was binary, and decides about its own', async () => {
    const codec: MessageCodec = {
      decode: (data, isBinary) => ({ isBinary, text: data.toString() }),
      encode: (value) => `<${json(value)}>`,
    };
    @Controller()
    class Custom {
      @WebSocket('custom', { format: codec })
      custom(@Body() body: string, @Body('text') text: string): unknown[] {
        return [body, text];
      }
    }
    const app = await startApp(platform, { controllers: [Custom] });
    const client = await app.connect('custom');
    client.send('a');
    expect(await client.text()).toBe('<[{"isBinary":false,"text":"a"},"a"]>');
    client.send(Buffer.from('b'));
    expect(await client.text()).toBe('<[{"isBinary":true,"text":"b"},"b"]>');
  });

  describe("the handshake's Content-Type, where the parameter's type says nothing,", () => {
    it.each([
      ['application/json', '1', 'number 1'],
      ['application/json; charset=utf-8', '"a"', 'string "a"'],
      ['application/problem+json', '{"a":1}', 'object {"a":1}'],
      ['text/plain', '{"a":1}', 'string "{\\"a\\":1}"'],
      ['application/octet-stream', 'hi', 'bytes 6869'],
      ['application/xml', '[1]', 'object [1]'],
      ['application/xml', '1', 'string "1"'],
    ])('%s makes %p a %s', async (contentType, payload, shown) => {
      const app = await startApp(platform, { controllers: [Incoming] });
      const client = await app.connect('in/auto', { headers: { 'content-type': contentType } });
      client.send(payload);
      expect(await client.text()).toBe(shown);
      client.send(Buffer.from(payload));
      expect(await client.text()).toBe(shown);
    });

    it('application/json refuses what is not JSON', async () => {
      const app = await startApp(platform, { controllers: [Incoming] });
      const headers = { 'content-type': 'application/json' };
      const client = await app.connect('in/auto', { headers });
      client.send('plain');
      expect(await client.closed).toMatchObject({ code: 1007, reason: 'Invalid payload' });
    });

    it('and only there: a typed parameter does not ask it', async () => {
      @Controller()
      class Typed {
        @WebSocket('string')
        string(@Body() body: string): string {
          return show(body);
        }
        @WebSocket('number')
        number(@Body() body: number): string {
          return show(body);
        }
      }
      const app = await startApp(platform, { controllers: [Typed] });
      for (const contentType of ['application/json', 'text/plain', 'application/octet-stream']) {
        const headers = { 'content-type': contentType };
        const text = await app.connect('string', { headers });
        text.send('[1]');
        expect(await text.text()).toBe('string "[1]"');
        const number = await app.connect('number', { headers });
        number.send('1');
        expect(await number.text()).toBe('number 1');
      }
    });
  });
});
