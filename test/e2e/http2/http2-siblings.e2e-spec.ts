import { Body, Controller, UseGuards, type CanActivate } from '@nestjs/common';
import { RevaliWsMetrics, WebSocket } from 'nestjs-revali-ws';
import { constants } from 'node:http2';
import { eventually } from '../../support/deadline.js';
import { startHttp2App } from '../../support/apps/http2-app.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { Http2Session, type Http2Connect } from '../../support/clients/http2-session.js';
import { closeAllClients } from '../../support/clients/open-clients.js';
import { activeSockets, unhandled, type UnhandledRecorder } from '../../support/faults/leaks.js';
import { settledTimers } from '../../support/faults/settled-timers.js';
import { gate, type Gate } from '../../support/gate.js';
import { chop, close, continuation, ping, text, times } from '../../support/raw/frames.js';
import { encodeFrame } from '../../support/raw/raw-frame.js';
import { ObserverLog } from '../../support/records/observer-log.js';

const MEGABYTE = 1024 * 1024;
const SIBLINGS = 10;

let asked = 0;
let door: Gate = gate();

class WaitingGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    asked += 1;
    await door.opened;
    return true;
  }
}

@Controller()
class HouseController {
  @WebSocket('echo')
  echo(@Body() message: string): string {
    return message;
  }

  @WebSocket('guarded')
  @UseGuards(WaitingGuard)
  guarded(@Body() message: string): string {
    return message;
  }

  @WebSocket('outpour', { backpressure: { highWaterMark: MEGABYTE } })
  async *outpour(@Body() _message: string): AsyncGenerator<string> {
    for (;;) yield await Promise.resolve('x'.repeat(10_000));
  }
}

describe('streams of one HTTP/2 connection', () => {
  let recorder: UnhandledRecorder;
  let timers: number;
  let sockets: number;
  let log: ObserverLog;
  let app: RunningApp;
  let session: Http2Session;
  let siblings: readonly Http2Connect[];

  beforeAll(async () => {
    sockets = activeSockets();
    timers = await settledTimers();
  });

  beforeEach(async () => {
    recorder = unhandled();
    asked = 0;
    door = gate();
    log = new ObserverLog();
    app = await startHttp2App({
      controllers: [HouseController],
      forRoot: { ping: false, closeTimeout: 200, observers: [log] },
    });
    session = await Http2Session.open(app);
    siblings = await Promise.all(Array.from({ length: SIBLINGS }, () => open('/echo')));
  });

  afterEach(async () => {
    door.open();
    await closeAllClients();
    await eventually(() => {
      const { connections, messages } = app.app.get(RevaliWsMetrics).snapshot();
      expect(connections).toMatchObject({ open: 0, http2: { open: 0 } });
      expect(messages.queued).toBe(0);
    }, 'the application to be empty');
    await closeAllApps();
    // Those of earlier files may still have been ending.
    await eventually(
      () => expect(activeSockets()).toBeLessThanOrEqual(sockets),
      'all sockets to be gone',
    );
    expect(await recorder.release()).toEqual([]);
  });

  afterAll(async () => expect(await settledTimers()).toBe(timers));

  async function open(path: string): Promise<Http2Connect> {
    const stream = session.connect(path);
    expect((await stream.answer).status).toBe(200);
    return stream;
  }

  /** Each gets its own answers, in order. */
  async function expectService(): Promise<void> {
    await Promise.all(
      siblings.map(async (sibling, index) => {
        for (let round = 0; round < 20; round += 1) {
          sibling.send(text(`${index} ${round}`));
          if (round % 5 === 4)
            for (let back = 4; back >= 0; back -= 1)
              expect((await sibling.nextFrame()).payload.toString()).toBe(
                `${index} ${round - back}`,
              );
        }
      }),
    );
  }

  it('are served beside one that does not read', async () => {
    const silent = await open('/outpour');
    silent.pause();
    silent.send(text('go'));
    await expectService();
    const before = app.app.get(RevaliWsMetrics).snapshot().messages.sent;
    await expectService();
    const sent = app.app.get(RevaliWsMetrics).snapshot().messages.sent - before;
    // Its own answers have stopped: nothing but the siblings' is sent.
    expect(sent).toBe(SIBLINGS * 20);
    silent.reset();
  });

  describe('are served beside one that floods', () => {
    it.each([
      ['pings', times(20_000, ping('now'))],
      ['messages', times(20_000, text('hi'))],
      ['messages of a megabyte', times(8, text('x'.repeat(MEGABYTE)))],
      ['pings larger than allowed', times(1000, ping('x'.repeat(126)))],
      [
        'fragments',
        Buffer.concat([
          encodeFrame(text('', { fin: false })),
          times(10_000, continuation('', { fin: false })),
        ]),
      ],
    ])('%s', async (_what, bytes) => {
      const flooding = await open('/echo');
      flooding.stream.on('data', () => undefined);
      flooding.stream.write(bytes);
      await expectService();
      await expectService();
      flooding.reset();
    });

    it('DATA frames of one byte', async () => {
      const flooding = await open('/echo');
      const bytes = encodeFrame(text('x'.repeat(500)));
      for (const byte of chop(bytes, 1)) flooding.stream.write(byte);
      await expectService();
      expect((await flooding.nextFrame()).payload.toString()).toBe('x'.repeat(500));
      const endless = chop(Buffer.concat([encodeFrame(text('x'.repeat(5000)))]), 1);
      for (const byte of endless) flooding.stream.write(byte);
      await expectService();
      flooding.reset();
    });
  });

  describe('are served beside one that is reset', () => {
    it('with its request', async () => {
      const reset = session.connect('/echo');
      reset.reset();
      await reset.answer.catch(() => undefined);
      await expectService();
    });

    it('while a guard thinks, which lets nobody in then', async () => {
      const reset = session.connect('/guarded');
      await eventually(() => expect(asked).toBe(1), 'the guard to be asked');
      reset.reset();
      await eventually(
        () => expect(log.outcomes).toMatchObject([{ kind: 'refused' }]),
        'the handshake to end',
      );
      door.open();
      await expectService();
      expect(app.app.get(RevaliWsMetrics).snapshot().connections.open).toBe(SIBLINGS);
    });

    it.each([
      constants.NGHTTP2_CANCEL,
      constants.NGHTTP2_NO_ERROR,
      constants.NGHTTP2_INTERNAL_ERROR,
      constants.NGHTTP2_FLOW_CONTROL_ERROR,
    ])('while it is open, with code %i', async (code) => {
      const reset = await open('/echo');
      reset.send(text('hi'));
      await reset.nextFrame();
      reset.stream.close(code);
      await eventually(
        () => expect(log.outcomes).toMatchObject([{ kind: 'closed', code: 1006 }]),
        'the connection to be lost',
      );
      await expectService();
    });

    it('in the middle of a message', async () => {
      const reset = await open('/echo');
      reset.stream.write(encodeFrame(text('x'.repeat(1000))).subarray(0, 500));
      await new Promise((resolve) => setImmediate(resolve));
      reset.reset();
      await eventually(
        () => expect(log.outcomes).toMatchObject([{ kind: 'closed', code: 1006 }]),
        'the connection to be lost',
      );
      await expectService();
    });

    it('while it closes', async () => {
      const reset = await open('/echo');
      reset.send(close(1000));
      expect((await reset.nextFrame()).opcode).toBe(8);
      reset.reset();
      await eventually(
        () => expect(log.outcomes).toMatchObject([{ kind: 'closed', code: 1000 }]),
        'the connection to be closed',
      );
      await expectService();
    });

    it('a thousand times', async () => {
      for (let round = 0; round < 50; round += 1) {
        const streams = Array.from({ length: 20 }, () => session.connect('/echo'));
        streams.forEach((stream, index) => {
          if (index % 2 === 0) stream.send(text('hi'));
          if (index % 3 === 0) stream.reset();
        });
        await Promise.allSettled(streams.map(({ answer }) => answer));
        for (const stream of streams) stream.reset();
        await Promise.all(streams.map(({ closed }) => closed));
      }
      await expectService();
    });
  });

  it('are all lost with the TCP connection, and cleaned up', async () => {
    const more = await Promise.all(Array.from({ length: 50 }, () => open('/echo')));
    for (const stream of more) stream.send(text('hi'));
    await new Promise((resolve) => setImmediate(resolve));
    session.cut();
    await eventually(
      () => expect(log.outcomes).toHaveLength(SIBLINGS + more.length),
      'all connections to be lost',
    );
    for (const outcome of log.outcomes) expect(outcome).toMatchObject({ code: 1006 });
  });
});
