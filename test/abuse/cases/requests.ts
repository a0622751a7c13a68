import { setImmediate as nextTurn } from 'node:timers/promises';

import { eventually } from '../../support/deadline.js';
import { text } from '../../support/raw/frames.js';
import { encodeFrame } from '../../support/raw/raw-frame.js';
import { composeUpgrade, SAMPLE_KEY, type Header } from '../../support/raw/raw-upgrade.js';
import type { RunningApp } from '../../support/apps/running-app.js';
import { watch, type Sight } from '../../support/raw/sights.js';
import { thinking } from '../abuse-app.js';
import type { AbuseTheme } from '../abuse-case.js';

const header = (...headers: Header[]) => ({ headers });
const hi = encodeFrame(text('hi'));
const again = composeUpgrade('127.0.0.1', '/echo');

/** Each in a packet of its own, and none of them with the request. */
async function framesWhileThinking(app: RunningApp): Promise<Sight[]> {
  const before = thinking.count;
  const client = await app.raw();
  client.upgrade('/slow');
  await eventually(() => expect(thinking.count).toBe(before + 1), 'the guard to be asked');
  client.frame(text('one'));
  await nextTurn();
  client.frame(text('two'));
  return watch(client, [101, 'text "one"', 'text "two"']);
}

/** RFC 6455, section 4.2.1; RFC 9112, sections 3.2 and 6. */
export const requests: AbuseTheme = {
  theme: 'upgrade requests',
  isOfHttp1: true,
  cases: [
    { name: 'HTTP/1.0', upgrade: { httpVersion: '1.0' }, see: [400] },
    { name: 'HTTP/0.9', request: 'GET /echo\r\n\r\n', see: [426] },
    { name: 'HTTP/2.0', upgrade: { httpVersion: '2.0' }, see: [400] },
    {
      name: 'the preface of HTTP/2',
      request: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      see: [400],
    },
    {
      name: 'TLS',
      request: Buffer.from('16030100f8010000f40303', 'hex'),
      see: [400],
    },
    { name: 'a POST', upgrade: { method: 'POST' }, see: [405] },
    { name: 'a DELETE', upgrade: { method: 'DELETE' }, see: [405] },
    { name: 'a HEAD', upgrade: { method: 'HEAD' }, see: [405] },
    { name: 'no key', upgrade: { omit: ['Sec-WebSocket-Key'] }, see: [400] },
    {
      name: 'two keys',
      upgrade: header(['Sec-WebSocket-Key', SAMPLE_KEY], ['Sec-WebSocket-Key', SAMPLE_KEY]),
      see: [400],
    },
    { name: 'an empty key', upgrade: header(['Sec-WebSocket-Key', '']), see: [400] },
    { name: 'a short key', upgrade: header(['Sec-WebSocket-Key', 'c2hvcnQ=']), see: [400] },
    {
      name: 'a key that is not base64',
      upgrade: header(['Sec-WebSocket-Key', '!!!!!!!!!!!!!!!!!!!!!!==']),
      see: [400],
    },
    { name: 'no version', upgrade: { omit: ['Sec-WebSocket-Version'] }, see: [400] },
    { name: 'version 8', upgrade: header(['Sec-WebSocket-Version', '8']), see: [400] },
    { name: 'version 13, 13', upgrade: header(['Sec-WebSocket-Version', '13, 13']), see: [400] },
    {
      name: 'two protocols to upgrade to',
      upgrade: header(['Upgrade', 'websocket, h2c']),
      see: [400],
    },
    { name: 'another protocol to upgrade to', upgrade: header(['Upgrade', 'h2c']), see: [426] },
    { name: 'no protocol to upgrade to', upgrade: { omit: ['Upgrade'] }, see: [426] },
    {
      name: 'an upgrade that keeps alive',
      upgrade: header(['Connection', 'keep-alive']),
      see: [426],
    },
    {
      name: 'a body',
      upgrade: { headers: [['Content-Length', '8']], extraBytes: hi },
      see: [400],
    },
    {
      name: 'a chunked body',
      upgrade: { headers: [['Transfer-Encoding', 'chunked']], extraBytes: '0\r\n\r\n' },
      see: [400],
    },
    {
      name: 'a body in two ways at once',
      upgrade: header(['Content-Length', '5'], ['Transfer-Encoding', 'chunked']),
      see: [400],
    },
    { name: 'a negative length', upgrade: header(['Content-Length', '-1']), see: [400] },
    {
      name: 'two lengths',
      upgrade: header(['Content-Length', '0'], ['Content-Length', '5']),
      see: [400],
    },
    {
      name: 'an announced body of no bytes',
      upgrade: { headers: [['Content-Length', '0']], extraBytes: hi },
      see: ['text "hi"'],
    },
    { name: 'a frame right behind the request', upgrade: { extraBytes: hi }, see: ['text "hi"'] },
    {
      name: 'frames right behind the request, while a guard thinks',
      path: '/slow',
      upgrade: { extraBytes: Buffer.concat([hi, hi]) },
      see: ['text "hi"', 'text "hi"'],
    },
    {
      name: 'half a frame right behind the request, while a guard thinks',
      path: '/slow',
      upgrade: { extraBytes: hi.subarray(0, 3) },
      send: [hi.subarray(3)],
      see: ['text "hi"'],
    },
    {
      name: 'frames a while after the request, while a guard thinks',
      attack: framesWhileThinking,
      see: [101, 'text "one"', 'text "two"'],
    },
    {
      name: 'a megabyte right behind the request, while a guard thinks',
      path: '/slow',
      upgrade: { extraBytes: Buffer.concat([hi, Buffer.alloc(1_000_000, 0xff)]) },
      see: ['text "hi"', 'close 1002', 'gone'],
    },
    {
      name: 'a second upgrade right behind the first',
      upgrade: { extraBytes: again },
      see: ['close 1002', 'gone'],
    },
    {
      name: 'an upgrade right behind a refused one',
      path: '/unknown-path',
      upgrade: { extraBytes: again },
      see: [404],
    },
    {
      name: 'an upgrade right behind a malformed one',
      upgrade: { omit: ['Sec-WebSocket-Key'], extraBytes: again },
      see: [400],
    },
    { name: 'an unknown path', path: '/unknown-path', see: [404] },
    {
      name: 'a guard that throws what the client sent',
      path: '/throwing-guard?toString=1&valueOf=1',
      see: [500],
    },
  ],
};
