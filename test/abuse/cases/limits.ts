import { binary, continuation, fragments, text, times } from '../../support/raw/frames.js';
import { Opcode } from '../../support/raw/raw-frame.js';
import type { RunningApp } from '../../support/apps/running-app.js';
import { sightOf, watch, type Sight } from '../../support/raw/sights.js';
import type { AbuseTheme } from '../abuse-case.js';

const KIB = 1024;
const MAX_PAYLOAD = 64 * KIB;
const TOO_BIG = ['close 1009', 'gone'];
const TOO_MANY = ['close 1008', 'gone'];

const full = 'x'.repeat(MAX_PAYLOAD);

const ECHOES = Array.from({ length: 100 }, () => 'binary 6869');

/** The end comes last: what still waited for its turn then would be dropped. */
async function floodAndEnd(app: RunningApp): Promise<readonly Sight[]> {
  const client = await app.raw();
  client.upgrade('/bytes');
  const { status } = await client.response();
  client.write(times(ECHOES.length, binary('hi')));
  const answers = await watch(client, ECHOES);
  client.end();
  return [status, ...answers, ...(await watch(client, ['gone']))];
}

export const limits: AbuseTheme = {
  theme: 'too much of everything',
  forRoot: { maxPayload: MAX_PAYLOAD },
  cases: [
    { name: 'the largest message', send: [text(full)], see: [sightOf('text', full)] },
    { name: 'one byte more', send: [text(`${full}x`)], see: TOO_BIG },
    {
      name: 'one byte more, announced and not sent',
      send: [text('', { lengthOverride: MAX_PAYLOAD + 1 })],
      see: TOO_BIG,
    },
    {
      name: 'the largest message in two fragments',
      send: fragments(Opcode.text, [full.slice(1), 'x']),
      see: [sightOf('text', full)],
    },
    {
      name: 'one byte more, in two fragments',
      send: fragments(Opcode.text, [full, 'x']),
      see: TOO_BIG,
    },
    {
      name: 'fragments without end',
      send: [
        text('', { fin: false }),
        times(1000, continuation(full.slice(0, KIB), { fin: false })),
      ],
      see: TOO_BIG,
    },
    {
      name: 'empty fragments without end',
      send: [text('', { fin: false }), times(20_000, continuation('', { fin: false }))],
      see: TOO_MANY,
    },
    ...[2n ** 32n, 2n ** 40n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n].map((length) => ({
      name: `an announced length of ${length}`,
      send: [binary('x', { lengthOverride: length })],
      see: TOO_BIG,
    })),
    {
      name: 'a flood of empty messages',
      send: [times(10_000, text(''))],
      see: Array.from({ length: 10_000 }, () => 'text ""'),
    },
    {
      name: 'a flood of refused messages',
      path: '/json',
      send: [times(10_000, text('{'))],
      see: ['close 1007 "Invalid payload"', 'gone'],
    },
    {
      name: 'a flood of messages, and a reset',
      send: [times(20_000, text('hi')), 'RST'],
      see: ['gone'],
    },
    {
      name: 'a message, and the end right behind it',
      path: '/bytes',
      send: [binary('hi'), 'FIN'],
      see: ['binary 6869', 'gone'],
    },
    {
      name: 'a flood of messages, and the end',
      attack: floodAndEnd,
      see: [101, ...ECHOES, 'gone'],
    },
  ],
};
