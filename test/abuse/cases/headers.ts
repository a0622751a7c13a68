import { text } from '../../support/raw/frames.js';
import type { RawUpgrade } from '../../support/raw/raw-upgrade.js';
import type { AbuseTheme } from '../abuse-case.js';

const host = (...values: string[]): RawUpgrade => ({
  headers: values.map((value) => ['Host', value]),
});
const protocol = (...values: string[]): RawUpgrade => ({
  headers: values.map((value) => ['Sec-WebSocket-Protocol', value]),
});

const request = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
const rest = [
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

const badHosts = [
  '',
  'a b',
  'user@example.com',
  'example.com/path',
  'example.com?query',
  'example.com#fragment',
  'example.com\\evil.io',
  'example.com:99999999',
  'example.com:port',
  '[::1',
  '[::1]evil.io',
  'exämple.com',
  '<script>',
];

const badProtocols = ['', ',', 'a,', 'a,,b', 'a,a', 'a b', '"a"', 'a;b', 'a/b', 'é', 'a\u0001b'];

export const headers: AbuseTheme = {
  theme: 'headers',
  isOfHttp1: true,
  cases: [
    { name: 'no Host', upgrade: { omit: ['Host'] }, see: [400] },
    { name: 'two Hosts', upgrade: host('example.com', 'evil.io'), see: [400] },
    { name: 'the same Host twice', upgrade: host('example.com', 'example.com'), see: [400] },
    ...badHosts.map((value) => ({ name: `the Host "${value}"`, upgrade: host(value), see: [400] })),
    { name: 'an IPv6 Host', upgrade: host('[::1]:80'), see: [] },
    {
      name: 'a target with a host of its own',
      request: request('GET http://evil.io/echo HTTP/1.1', 'Host: example.com', ...rest),
      see: [400],
    },
    {
      name: 'a Host that says what its proxy would say, from a foreign page',
      upgrade: {
        headers: [
          ['X-Forwarded-Host', 'evil.io'],
          ['X-Forwarded-Proto', 'https'],
          ['Origin', 'https://evil.io'],
        ],
      },
      see: [403],
    },
    {
      name: 'a space before the colon',
      request: request('GET /echo HTTP/1.1', 'Host : example.com', ...rest),
      see: [400],
    },
    {
      name: 'a header without a colon',
      request: request('GET /echo HTTP/1.1', 'Host: example.com', 'X-Evil', ...rest),
      see: [400],
    },
    {
      name: 'a header without a name',
      request: request('GET /echo HTTP/1.1', 'Host: example.com', ': evil', ...rest),
      see: [400],
    },
    {
      name: 'a null byte in a header',
      request: request('GET /echo HTTP/1.1', 'Host: example.com', 'X-Name: a\0b', ...rest),
      see: [400],
    },
    {
      name: 'headers larger than Node allows',
      upgrade: { headers: [['X-Large', 'x'.repeat(20_000)]] },
      see: [431],
    },
    {
      name: 'thousands of headers',
      upgrade: { headers: Array.from({ length: 3000 }, () => ['A', ''] as const) },
      see: [431],
    },
    ...badProtocols.map((value) => ({
      name: `the subprotocol ${JSON.stringify(value)}`,
      path: '/protocols',
      upgrade: protocol(value),
      see: [400],
    })),
    {
      name: 'the same subprotocol in two headers',
      path: '/protocols',
      upgrade: protocol('chat', 'chat'),
      see: [400],
    },
    {
      name: 'a header behind the subprotocol',
      path: '/protocols',
      upgrade: protocol('chat\r\nX-Evil: 1'),
      send: [text('hi')],
      see: ['text "protocols"'],
    },
    {
      name: 'a header behind the subprotocol, behind a bare line feed',
      path: '/protocols',
      upgrade: protocol('chat\nX-Evil: 1'),
      see: [400],
    },
    {
      name: 'a header in the subprotocol that a chooser took',
      path: '/chosen',
      upgrade: protocol('chat'),
      send: [text('hi')],
      see: ['text "chosen"'],
    },
    {
      name: 'a thousand subprotocols',
      path: '/protocols',
      upgrade: protocol(Array.from({ length: 1000 }, (_, index) => `p${index}`).join()),
      send: [text('hi')],
      see: ['text "protocols"'],
    },
    {
      name: 'a header in a parameter that a guard copies into a header',
      path: '/header?name=a%0d%0aX-Evil:%201',
      see: [500],
    },
    {
      name: 'a character that no header can have, in the same place',
      path: '/header?name=%c4%80',
      see: [500],
    },
    {
      name: 'a header in a parameter that a guard copies, before another guard refuses',
      path: '/header-refused?name=a%0d%0aX-Evil:%201',
      see: [500],
    },
    { name: 'a good parameter in the same place', path: '/header?name=good', see: [] },
    {
      name: 'a header in the key',
      upgrade: { headers: [['Sec-WebSocket-Key', 'a\r\n b']] },
      see: [400],
    },
  ],
};
