import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import {
  faultOf,
  hasBody,
  isWebSocketUpgrade,
  offeredProtocols,
} from '../../../lib/upgrade/upgrade.request.js';

type Headers = readonly (readonly [name: string, value: string])[];

const proper: Headers = [
  ['Host', 'example.com'],
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['Sec-WebSocket-Version', '13'],
];

/** The proper request, with these headers in place of those of the same name. */
function requestWith(headers: Headers = [], omit: readonly string[] = []): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  const replaced = new Set([...omit, ...headers.map(([name]) => name)]);
  const sent = [...proper.filter(([name]) => !replaced.has(name)), ...headers];
  request.method = 'GET';
  request.httpVersion = '1.1';
  request.rawHeaders = sent.flat();
  for (const [name, value] of sent) {
    const key = name.toLowerCase();
    const before = request.headers[key];
    // As Node joins them; of Host and its like it keeps the first.
    const isSingle = ['host', 'origin', 'content-length'].includes(key);
    if (before === undefined) request.headers[key] = value;
    else if (!isSingle) request.headers[key] = `${String(before)}, ${value}`;
  }
  return request;
}

function messageOf(request: IncomingMessage): string | undefined {
  return faultOf(request)?.exception.message;
}

describe('faultOf', () => {
  it('finds none in a proper upgrade', () => {
    expect(faultOf(requestWith())).toBeUndefined();
  });

  it.each<[string, string]>([
    ['Host', 'example.com:8080'],
    ['Host', '127.0.0.1:1'],
    ['Host', '[::1]'],
    ['Host', '[2001:db8::1]:443'],
    ['Host', 'my_host'],
    ['Upgrade', 'WebSocket'],
    ['Origin', 'http://a.example'],
    ['Content-Length', '0'],
    ['Sec-WebSocket-Protocol', 'a, b.c'],
  ])('finds none in %s: %s', (name, value) => {
    expect(faultOf(requestWith([[name, value]]))).toBeUndefined();
  });

  it.each<[string, Headers]>([
    ['Missing, repeated or invalid Host', [['Host', '']]],
    ['Missing, repeated or invalid Host', [['Host', 'a b']]],
    ['Missing, repeated or invalid Host', [['Host', 'user@a']]],
    ['Missing, repeated or invalid Host', [['Host', 'a/b']]],
    ['Missing, repeated or invalid Host', [['Host', 'a:port']]],
    ['Missing, repeated or invalid Host', [['Host', 'a:123456']]],
    [
      'Missing, repeated or invalid Host',
      [
        ['Host', 'a'],
        ['Host', 'a'],
      ],
    ],
    ['Invalid Upgrade header', [['Upgrade', 'websocket, h2c']]],
    ['Invalid Upgrade header', [['Upgrade', 'websocket/13']]],
    ['An upgrade request has no body', [['Content-Length', '5']]],
    ['An upgrade request has no body', [['Transfer-Encoding', 'chunked']]],
    [
      'Repeated Origin',
      [
        ['Origin', 'http://a'],
        ['Origin', 'http://a'],
      ],
    ],
    ['Missing or invalid Sec-WebSocket-Key', [['Sec-WebSocket-Key', '']]],
    ['Missing or invalid Sec-WebSocket-Key', [['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ']]],
    ['Missing or unsupported Sec-WebSocket-Version', [['Sec-WebSocket-Version', '8']]],
    ['Missing or unsupported Sec-WebSocket-Version', [['Sec-WebSocket-Version', '13, 8']]],
    ['Invalid Sec-WebSocket-Protocol', [['Sec-WebSocket-Protocol', 'a b']]],
    ['Invalid Sec-WebSocket-Protocol', [['Sec-WebSocket-Protocol', 'a,']]],
    ['Invalid Sec-WebSocket-Protocol', [['Sec-WebSocket-Protocol', 'a, b, a']]],
  ])('says "%s" of %j', (message, headers) => {
    expect(messageOf(requestWith(headers))).toBe(message);
    expect(faultOf(requestWith(headers))?.exception.getStatus()).toBe(400);
  });

  it.each<[string, string]>([
    ['Missing, repeated or invalid Host', 'Host'],
    ['Missing or invalid Sec-WebSocket-Key', 'Sec-WebSocket-Key'],
    ['Missing or unsupported Sec-WebSocket-Version', 'Sec-WebSocket-Version'],
  ])('says "%s" where it is missing', (message, name) => {
    expect(messageOf(requestWith([], [name]))).toBe(message);
  });

  it('names the version that is spoken', () => {
    const fault = faultOf(requestWith([['Sec-WebSocket-Version', '8']]));
    expect(fault?.headers).toEqual({ 'Sec-WebSocket-Version': '13' });
  });

  it('names the method that is allowed', () => {
    const request = requestWith();
    request.method = 'POST';
    const fault = faultOf(request);
    expect(fault?.exception.getStatus()).toBe(405);
    expect(fault?.headers).toEqual({ Allow: 'GET' });
  });

  it('wants HTTP/1.1', () => {
    const request = requestWith();
    request.httpVersion = '1.0';
    expect(messageOf(request)).toBe('Upgrade needs HTTP/1.1');
  });
});

describe('what a request asks for', () => {
  it.each([
    ['websocket', true],
    ['WebSocket', true],
    ['websocket, h2c', true],
    ['h2c', false],
    ['', false],
  ])('Upgrade: %s is a WebSocket: %s', (upgrade, isIt) => {
    expect(isWebSocketUpgrade(requestWith([['Upgrade', upgrade]]))).toBe(isIt);
  });

  it('is no WebSocket without Upgrade', () => {
    expect(isWebSocketUpgrade(requestWith([], ['Upgrade']))).toBe(false);
  });

  it('has the subprotocols in the order of the client', () => {
    const request = requestWith([['Sec-WebSocket-Protocol', 'b,a ,  c']]);
    expect(offeredProtocols(request)).toEqual(['b', 'a', 'c']);
    expect(offeredProtocols(requestWith())).toEqual([]);
  });

  it('has a body where a length or a coding says so', () => {
    expect(hasBody(requestWith())).toBe(false);
    expect(hasBody(requestWith([['Content-Length', '0']]))).toBe(false);
    expect(hasBody(requestWith([['Content-Length', '1']]))).toBe(true);
    expect(hasBody(requestWith([['Transfer-Encoding', 'chunked']]))).toBe(true);
  });
});
