import { constants, deflateRawSync } from 'node:zlib';

import { chop, continuation, fragments, ping, text } from '../../support/raw/frames.js';
import { Opcode, type FrameToSend } from '../../support/raw/raw-frame.js';
import type { RawUpgrade } from '../../support/raw/raw-upgrade.js';
import { sightOf } from '../../support/raw/sights.js';
import type { AbuseCase, AbuseTheme } from '../abuse-case.js';

const MIB = 1024 * 1024;
/** RSV1 says "compressed" (RFC 7692, section 6). */
const COMPRESSED = 4;
const TOO_BIG = ['close 1009', 'gone'];
const NOT_UTF8 = ['close 1007', 'gone'];
const PROTOCOL_ERROR = ['close 1002', 'gone'];

const extension = (value: string): RawUpgrade => ({
  headers: [['Sec-WebSocket-Extensions', value]],
});
/** Messages by themselves, so that each can be read alone. */
const upgrade = extension(
  'permessage-deflate; client_no_context_takeover; server_no_context_takeover',
);

/** Without the four bytes that the receiver adds (RFC 7692, section 7.2.1). */
function deflate(content: string | Uint8Array): Buffer {
  return deflateRawSync(content, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

function compressed(content: string | Uint8Array): FrameToSend {
  return text(deflate(content), { rsv: COMPRESSED });
}

const bomb = deflate(Buffer.alloc(100 * MIB));
const [firstOfBomb = text(), ...restOfBomb] = fragments(Opcode.text, chop(bomb, 1000));
const full = 'x'.repeat(MIB);

const badOffers = [
  'permessage-deflate; server_max_window_bits=99',
  'permessage-deflate; client_max_window_bits=7',
  'permessage-deflate; server_no_context_takeover=1',
  'permessage-deflate; unknown_parameter',
  'permessage-deflate; client_max_window_bits; client_max_window_bits',
  'permessage-deflate; =',
  ';;;',
  'permessage-deflate; server_max_window_bits="8',
];

const cases: AbuseCase[] = [
  { name: 'a compressed message', upgrade, send: [compressed('hi')], see: ['text "hi"'] },
  {
    name: 'a compressed message that inflates to the limit',
    upgrade: extension('x-unknown, permessage-deflate; server_no_context_takeover'),
    send: [compressed(full), text('small')],
    see: [`compressed ${sightOf('text', full)}`, 'text "small"'],
  },
  { name: 'one byte more than the limit', upgrade, send: [compressed(`${full}x`)], see: TOO_BIG },
  {
    name: 'a bomb of 100 MiB',
    upgrade,
    send: [text(bomb, { rsv: COMPRESSED })],
    see: TOO_BIG,
  },
  {
    name: 'a bomb of 100 MiB in fragments',
    upgrade,
    send: [{ ...firstOfBomb, rsv: COMPRESSED }, ...restOfBomb],
    see: TOO_BIG,
  },
  {
    name: 'a bomb within a bomb',
    upgrade,
    send: [compressed(bomb), text(bomb, { rsv: COMPRESSED })],
    see: NOT_UTF8,
  },
  {
    name: 'compressed garbage',
    upgrade,
    send: [text(Buffer.alloc(1000, 0xff), { rsv: COMPRESSED })],
    see: NOT_UTF8,
  },
  {
    name: 'compressed text that is not UTF-8',
    upgrade,
    send: [compressed(Buffer.of(0x61, 0xff))],
    see: NOT_UTF8,
  },
  {
    name: 'a compressed ping',
    upgrade,
    send: [ping(deflate('hi'), { rsv: COMPRESSED })],
    see: PROTOCOL_ERROR,
  },
  {
    name: 'a continuation marked as compressed',
    upgrade,
    send: [text('a', { fin: false }), continuation(deflate('b'), { rsv: COMPRESSED })],
    see: PROTOCOL_ERROR,
  },
  {
    name: 'the other reserved bits',
    upgrade,
    send: [text(deflate('hi'), { rsv: COMPRESSED + 1 })],
    see: PROTOCOL_ERROR,
  },
  {
    name: 'a compressed message where no compression was agreed on',
    send: [compressed('hi')],
    see: PROTOCOL_ERROR,
  },
  ...badOffers.map((offer) => ({
    name: `the extension ${offer}`,
    upgrade: extension(offer),
    see: [400],
  })),
];

export const compression: AbuseTheme = {
  theme: 'compression',
  forRoot: { perMessageDeflate: true },
  cases,
};
