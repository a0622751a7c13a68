import { Body, Controller } from '@nestjs/common';
import { WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import { constants, deflateRawSync } from 'node:zlib';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { transports } from '../../support/apps/transports.js';
import { DeflateClient } from '../../support/raw/deflate-client.js';
import { chop, fragments, text } from '../../support/raw/frames.js';
import { decodeClose, encodeFrame, Opcode } from '../../support/raw/raw-frame.js';
import { transmit } from '../../support/raw/sent.js';
import { Deflations } from '../../support/records/deflations.js';

const BOTH = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';
const MANY = 4_000;
/** As many as may wait for their connection. */
const BURST = 900;
/** RFC 7692, section 6. */
const COMPRESSED = 4;
const compressed = (content: string): Buffer =>
  deflateRawSync(content, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);

describe.each(transports)('short compressed messages on $label', (platform) => {
  afterEach(closeAllApps);

  const handled: string[] = [];
  const told: (() => void)[] = [];

  @Controller()
  class Echo {
    @WebSocket('echo')
    echo(@Body() message: string): string {
      return message;
    }

    @WebSocket('narrow', { maxPayload: 100 })
    narrow(@Body() message: string): string {
      return message;
    }

    @WebSocket('burst')
    burst(connection: WebSocketConnection): void {
      for (let count = 0; count < BURST; count += 1) void connection.send('one of many');
      told.shift()?.();
    }

    @WebSocket('count')
    count(@Body() message: string): void {
      handled.push(message);
      told.shift()?.();
    }
  }

  const start = (): Promise<RunningApp> =>
    startApp(platform, {
      controllers: [Echo],
      forRoot: { perMessageDeflate: { serverNoContextTakeover: true, threshold: 0 } },
    });

  const open = (app: RunningApp, path: string): Promise<DeflateClient> =>
    DeflateClient.open(app, path, BOTH);

  beforeEach(() => {
    handled.length = 0;
    told.length = 0;
  });

  it('are answered in order among long ones and fragments', async () => {
    const client = await open(await start(), '/echo');
    const sent = Array.from({ length: 60 }, (_, index) => `${index} `.repeat(1 + (index % 7) ** 5));
    for (const [index, message] of sent.entries())
      await client.send(Opcode.text, Buffer.from(message), index % 3 === 0 ? 50 : Infinity);
    for (const message of sent) {
      const { content, isCompressed } = await client.receive();
      expect(isCompressed).toBe(true);
      expect(content.toString() === message).toBe(true);
    }
  });

  it('keep no compressor for their connection', async () => {
    const app = await start();
    const clients = await Promise.all(Array.from({ length: 20 }, () => open(app, '/echo')));
    const frame = text(compressed('x'.repeat(1_000)), { rsv: COMPRESSED });
    const deflations = new Deflations();
    try {
      for (const client of clients) {
        transmit(client.raw, frame);
        expect((await client.receive()).content.toString()).toBe('x'.repeat(1_000));
      }
      expect(deflations).toMatchObject({ messages: 20, deflaters: 0 });
    } finally {
      deflations.stop();
    }
  });

  it('may not inflate to more than the route takes', async () => {
    const app = await start();
    for (const [length, code] of [
      [101, 1009],
      [5_000, 1009],
      [5_000_000, 1009],
    ] as const) {
      const { raw } = await open(app, '/narrow');
      transmit(raw, text(compressed('x'.repeat(length)), { rsv: COMPRESSED }));
      expect(decodeClose((await raw.nextFrame()).payload)).toMatchObject({ code });
    }
    const client = await open(app, '/narrow');
    await client.send(Opcode.text, Buffer.from('x'.repeat(100)));
    expect((await client.receive()).content).toHaveLength(100);
  });

  it('that are no text get 1007', async () => {
    const app = await start();
    for (const content of [Buffer.from('ff', 'hex'), Buffer.from('0123456789', 'hex')]) {
      const { raw } = await open(app, '/echo');
      transmit(raw, text(content, { rsv: COMPRESSED }));
      expect(decodeClose((await raw.nextFrame()).payload)).toMatchObject({ code: 1007 });
    }
  });

  it('leave others their turn, however many come at once', async () => {
    const app = await start();
    const [flood, other] = [await open(app, '/count'), await open(app, '/count')];
    const frame = encodeFrame(text(compressed('flood'), { rsv: COMPRESSED }));
    told.push(() => transmit(other.raw, text(compressed('other'), { rsv: COMPRESSED })));
    flood.raw.write(Buffer.concat(Array.from({ length: MANY }, () => frame)));
    await eventually(() => expect(handled).toHaveLength(MANY + 1), 'all of them');
    expect(handled.indexOf('other')).toBeLessThan(MANY / 2);
  });

  it('leave others their turn, however many leave at once', async () => {
    const app = await start();
    const [crowd, other] = [await open(app, '/burst'), await open(app, '/count')];
    const frame = text(compressed('other'), { rsv: COMPRESSED });
    const deflations = new Deflations();
    try {
      told.push(
        () => transmit(other.raw, frame),
        () => handled.push(`after ${deflations.messages}`),
      );
      transmit(crowd.raw, text('go'));
      for (let count = 0; count < BURST; count += 1) await crowd.receive();
      await eventually(() => expect(handled).toHaveLength(2), 'the other message');
      expect(Number(handled[1]?.slice('after '.length))).toBeLessThan(BURST / 2);
      expect(deflations.messages).toBe(BURST);
    } finally {
      deflations.stop();
    }
  });

  it('in fragments that are cut anywhere are whole again', async () => {
    const client = await open(await start(), '/echo');
    const message = 'a message of some words';
    const data = compressed(message);
    for (let size = 1; size <= data.length; size += 1) {
      const [first, ...rest] = fragments(Opcode.text, chop(data, size));
      if (!first) throw new Error('nothing to send');
      for (const each of [{ ...first, rsv: COMPRESSED }, ...rest]) transmit(client.raw, each);
      expect((await client.receive()).content.toString()).toBe(message);
    }
  });
});
