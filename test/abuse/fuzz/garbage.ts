import type { Dice } from './dice.js';
import type { Item } from './sequence.js';

const head = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
const HOST = 'Host: localhost';

/** What no server takes for a request, or not yet. */
const kinds: readonly [Kind, ...Kind[]] = [
  { name: 'noise', make: (dice) => dice.bytes(1 + dice.below(60)) },
  { name: 'zeros', make: () => Buffer.alloc(20) },
  { name: 'an HTTP/2 preface', make: () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' },
  { name: 'a TLS hello', make: () => Buffer.from('16030100a5010000a10303', 'hex') },
  { name: 'a wrong method', make: () => head('G@T / HTTP/1.1', HOST) },
  { name: 'a wrong version', make: () => head('GET / HTTP/7.3', HOST) },
  { name: 'a header without a colon', make: () => head('GET / HTTP/1.1', HOST, 'nothing') },
  { name: 'a header with a zero', make: () => head('GET / HTTP/1.1', HOST, 'X: \0') },
  {
    name: 'both lengths',
    make: () =>
      head('POST /http/value HTTP/1.1', HOST, 'Content-Length: 3', 'Transfer-Encoding: chunked'),
  },
  {
    name: 'a length that is none',
    make: () => head('POST /http/value HTTP/1.1', HOST, 'Content-Length: -3'),
  },
  {
    name: 'a chunk that is none',
    make: () =>
      `${head('POST /http/value HTTP/1.1', HOST, 'Content-Type: application/json', 'Transfer-Encoding: chunked')}zz\r\n`,
  },
  {
    name: 'a head that is too large',
    make: () => head('GET / HTTP/1.1', HOST, `X: ${'x'.repeat(20_000)}`),
  },
  { name: 'no Host', make: () => head('GET / HTTP/1.1') },
  { name: 'half a request line', make: () => 'GET /ht' },
  { name: 'half a head', make: () => `GET /http/value/half HTTP/1.1\r\n${HOST}\r\nX-Ha` },
  {
    name: 'half an upgrade',
    make: () =>
      `GET /ws/echo/half HTTP/1.1\r\n${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-`,
  },
  {
    name: 'half a body',
    make: () =>
      `${head('POST /http/value HTTP/1.1', HOST, 'Content-Type: application/json', 'Content-Length: 30')}{"value`,
  },
  { name: 'CONNECT', make: () => head('CONNECT localhost:80 HTTP/1.1', HOST) },
];

interface Kind {
  readonly name: string;
  readonly make: (dice: Dice) => string | Buffer;
}

export function garbage(dice: Dice): Item {
  const { name, make } = dice.pick(kinds);
  const answer = { label: name, statuses: [400, 404, 405, 408, 413, 431, 505], isBroken: true };
  return { label: name, bytes: Buffer.from(make(dice)), answer };
}
