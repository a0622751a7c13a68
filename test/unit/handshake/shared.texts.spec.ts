import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

import { SharedTexts } from '../../../lib/handshake/shared.texts.js';

function requestWith(rawHeaders: string[]): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.httpVersion = '1.1';
  request.rawHeaders = rawHeaders;
  request.headers = Object.fromEntries(
    Array.from({ length: rawHeaders.length / 2 }, (_, index) => [
      rawHeaders[index * 2]?.toLowerCase() ?? '',
      rawHeaders[index * 2 + 1],
    ]),
  );
  return request;
}

describe('texts that requests share', () => {
  it('change nothing that can be read', () => {
    const shared = new SharedTexts();
    const raw = ['Host', 'a.example', 'User-Agent', 'x'.repeat(500), 'Cookie', 'a=1', 'X-Key', 'k'];
    for (let count = 0; count < 3; count += 1) {
      const request = requestWith([...raw]);
      const headers = { ...request.headers };
      shared.share(request);
      expect(request.rawHeaders).toEqual(raw);
      expect(request.headers).toEqual(headers);
      expect([request.httpVersion, request.rawTrailers]).toEqual(['1.1', []]);
    }
  });

  it('leave alone what a middleware has changed, removed or added', () => {
    const shared = new SharedTexts();
    shared.share(requestWith(['Host', 'a.example', 'Origin', 'https://a.example']));
    const request = requestWith(['Host', 'a.example', 'Origin', 'https://a.example']);
    request.headers.host = 'b.example';
    delete request.headers.origin;
    request.headers.pragma = 'added';
    shared.share(request);
    expect(request.headers).toEqual({ host: 'b.example', pragma: 'added' });
  });

  it('hold as many different texts as clients send without growing', () => {
    const shared = new SharedTexts();
    for (let count = 0; count < 5_000; count += 1) {
      const raw = [`X-${count}`, 'v', 'User-Agent', `agent ${count}`];
      const request = requestWith([...raw]);
      shared.share(request);
      expect(request.rawHeaders).toEqual(raw);
    }
    expect(shared.size).toBeLessThanOrEqual(2_000);
  });

  it('keep no cookie, token or key', () => {
    const shared = new SharedTexts();
    const before = shared.size;
    shared.share(requestWith(['Cookie', 'a=1', 'Authorization', 'Bearer t', 'X-Api-Key', 'k']));
    // Three names as they came, and in lower case.
    expect(shared.size - before).toBe(6);
  });
});
