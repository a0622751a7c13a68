import { close, continuation, ping, pong, text, times } from '../../support/raw/frames.js';
import { encodeClose, encodeFrame, Opcode } from '../../support/raw/raw-frame.js';
import type { RunningApp } from '../../support/apps/running-app.js';
import { sightOf, type Sight } from '../../support/raw/sights.js';
import type { AbuseTheme } from '../abuse-case.js';

const PROTOCOL_ERROR = ['close 1002', 'gone'];
const PINGS = 50_000;
const FULL = 'x'.repeat(125);

/** Pings faster than pongs can leave; the client reads nothing. */
const pingFlood =
  (bytes: Buffer) =>
  async (app: RunningApp): Promise<Sight[]> => {
    const client = await app.raw();
    client.upgrade('/echo');
    const { status } = await client.response();
    client.pause();
    client.write(bytes);
    const gone = new Promise((resolve) => client.socket.once('close', resolve));
    client.resume();
    await gone;
    const pongs = client.unread.length / (bytes.length / PINGS);
    return [status, pongs < PINGS ? 'gone' : `${pongs} pongs`];
  };

/** RFC 6455, section 5.5. */
export const control: AbuseTheme = {
  theme: 'control frames',
  cases: [
    { name: 'a ping of 125 bytes', send: [ping(FULL)], see: [sightOf('pong', FULL)] },
    { name: 'a ping of 126 bytes', send: [ping(`${FULL}x`)], see: PROTOCOL_ERROR },
    { name: 'a ping of 64 KiB', send: [ping('x'.repeat(65_536))], see: PROTOCOL_ERROR },
    { name: 'a pong of 126 bytes', send: [pong(`${FULL}x`)], see: PROTOCOL_ERROR },
    { name: 'a close of 126 bytes', send: [close(1000, 'x'.repeat(124))], see: PROTOCOL_ERROR },
    {
      name: 'a short ping with its length in 16 bits',
      send: [ping('hi', { lengthBits: 16 })],
      see: PROTOCOL_ERROR,
    },
    {
      name: 'a ping that claims 2^40 bytes',
      send: [ping('', { lengthOverride: 2n ** 40n })],
      see: PROTOCOL_ERROR,
    },
    { name: 'a fragmented ping', send: [ping('a', { fin: false })], see: PROTOCOL_ERROR },
    {
      name: 'a ping in two fragments',
      send: [ping('a', { fin: false }), continuation('b')],
      see: PROTOCOL_ERROR,
    },
    { name: 'a fragmented pong', send: [pong('a', { fin: false })], see: PROTOCOL_ERROR },
    {
      name: 'a fragmented close',
      send: [{ opcode: Opcode.close, fin: false, payload: encodeClose(1000) }],
      see: PROTOCOL_ERROR,
    },
    {
      name: 'a ping between fragments',
      send: [text('a', { fin: false }), ping('now'), continuation('b')],
      see: ['pong "now"', 'text "ab"'],
    },
    {
      name: 'a fragmented ping between fragments',
      send: [text('a', { fin: false }), ping('now', { fin: false }), continuation('b')],
      see: PROTOCOL_ERROR,
    },
    {
      name: 'a flood of pings in one write',
      attack: pingFlood(times(PINGS, ping('now'))),
      see: [101, 'gone'],
    },
    {
      name: 'a flood of pings larger than the buffers of the kernel',
      attack: pingFlood(times(PINGS, ping(FULL))),
      see: [101, 'gone'],
    },
    {
      name: 'a flood of pongs',
      send: [times(20_000, pong('nobody asked')), text('done')],
      see: ['text "done"'],
    },
  ],
};

const badCodes = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
const goodCodes = [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999];

/** RFC 6455, sections 5.5.1 and 7.4. */
export const closing: AbuseTheme = {
  theme: 'close frames',
  cases: [
    ...badCodes.map((code) => ({
      name: `the close code ${code}, which no frame may have`,
      send: [close(code)],
      see: PROTOCOL_ERROR,
    })),
    ...goodCodes.map((code) => ({
      name: `the close code ${code}, twice`,
      send: [close(code, 'bye'), close(code, 'bye')],
      see: [`close ${code} "bye"`, 'gone'],
    })),
    { name: 'a close without a code', send: [close()], see: ['close 1005', 'gone'] },
    {
      name: 'a close with half a code',
      send: [{ opcode: Opcode.close, payload: Buffer.of(3) }],
      see: PROTOCOL_ERROR,
    },
    {
      name: 'a close whose reason is not UTF-8',
      send: [{ opcode: Opcode.close, payload: Buffer.of(0x03, 0xe8, 0xff) }],
      see: ['close 1007', 'gone'],
    },
    {
      name: 'a close whose reason ends within a character',
      send: [{ opcode: Opcode.close, payload: Buffer.of(0x03, 0xe8, 0xe2, 0x82) }],
      see: ['close 1007', 'gone'],
    },
    {
      name: 'messages after the close',
      send: [close(1000), text('late'), text('later')],
      see: ['close 1000', 'gone'],
    },
    {
      name: 'a ping after the close',
      send: [close(1000), ping('late')],
      see: ['close 1000', 'gone'],
    },
    {
      name: 'garbage after the close',
      send: [close(1000), Buffer.alloc(100_000, 0xff)],
      see: ['close 1000', 'gone'],
    },
    {
      name: 'a flood of closes',
      send: [times(20_000, close(1000))],
      see: ['close 1000', 'gone'],
    },
    {
      name: 'a close in the middle of a message',
      send: [text('a', { fin: false }), close(1001)],
      see: ['close 1001', 'gone'],
    },
    {
      name: 'a close and a reset',
      send: [close(1000), 'RST'],
      see: ['gone'],
    },
    {
      name: 'a close after a refused message',
      path: '/json',
      send: [Buffer.concat([encodeFrame(text('{')), encodeFrame(close(1000))])],
      see: ['close 1000', 'gone'],
    },
  ],
};
