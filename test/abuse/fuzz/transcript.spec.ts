import { jest } from '@jest/globals';
import { encodeClose, encodeFrame, Opcode, type FrameToSend } from '../../support/raw/raw-frame.js';
import { acceptFor, SAMPLE_KEY } from '../../support/raw/raw-upgrade.js';
import { binaryMessage, textMessage, type Answer } from './expectations.js';
import { CLOSE_MS } from './limits.js';
import { Transcript } from './transcript.js';

const page: Answer = { label: 'GET /page', statuses: [200], body: 'fz7-1' };
const upgrade: Answer = {
  label: 'GET /socket',
  statuses: [101],
  mayBeDropped: true,
  opening: { key: SAMPLE_KEY },
};
const broken: Answer = { label: 'noise', statuses: [400], isBroken: true };

const response = (body: string, ...headers: string[]): string =>
  ['HTTP/1.1 200 OK', `Content-Length: ${body.length}`, ...headers, '', body].join('\r\n');
const switching = (key = SAMPLE_KEY): string =>
  [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptFor(key)}`,
    '',
    '',
  ].join('\r\n');
const frame = (one: FrameToSend): Buffer => encodeFrame({ masked: false, ...one });
const text = (payload: string): Buffer => frame({ opcode: Opcode.text, payload });

/** Of sequence 7, which has asked for this, and gets that. */
function transcriptOf(asked: readonly Answer[], ...chunks: (string | Buffer)[]): Transcript {
  const transcript = new Transcript(7);
  for (const answer of asked) transcript.expect(answer);
  for (const chunk of chunks) transcript.push(Buffer.from(chunk));
  return transcript;
}

/** With an open WebSocket, on which two messages and a close frame are due. */
function conversationOf(...chunks: (string | Buffer)[]): Transcript {
  const transcript = transcriptOf([upgrade], switching());
  transcript.expectFrames({
    messages: [textMessage('one'), binaryMessage('two')],
    pongs: [Buffer.from('p'), Buffer.from('q')],
    close: { codes: [1000], isLossy: false },
  });
  for (const chunk of chunks) transcript.push(Buffer.from(chunk));
  return transcript;
}

const one = text('one');
const two = frame({ opcode: Opcode.binary, payload: 'two' });
const bye = frame({ opcode: Opcode.close, payload: encodeClose(1000) });

describe('the transcript of what a fuzzing client receives', () => {
  it('finds nothing wrong with what was asked for, in any pieces', () => {
    const pong = frame({ opcode: Opcode.pong, payload: 'q' });
    const parts = [
      frame({ opcode: Opcode.binary, payload: 't', fin: false }),
      pong,
      frame({ opcode: Opcode.continuation, payload: 'wo' }),
    ];
    const bytes = Buffer.concat([Buffer.from(response('fz7-1') + switching()), one, ...parts, bye]);
    for (const size of [1, 7, bytes.length]) {
      const transcript = transcriptOf([page, upgrade]);
      transcript.expectFrames({
        messages: [textMessage('one'), binaryMessage('two')],
        pongs: [Buffer.from('p'), Buffer.from('q')],
        close: { codes: [1000], isLossy: false },
      });
      for (let at = 0; at < bytes.length; at += size)
        transcript.push(bytes.subarray(at, at + size));
      expect(transcript.faults).toEqual([]);
      expect(transcript.isSettled).toBe(true);
      transcript.end();
      expect(transcript.faults).toEqual([]);
    }
  });

  it('waits for what is due', () => {
    expect(transcriptOf([page], response('fz7-1').slice(0, -1)).isSettled).toBe(false);
    expect(transcriptOf([page, upgrade], response('fz7-1')).isSettled).toBe(false);
    expect(conversationOf(one, two).isSettled).toBe(false);
    expect(conversationOf(one, two, bye).isSettled).toBe(true);
  });

  it.each([
    ['a response in the place of another', [page], [response('fz7-2')], /has the body/],
    ['another status', [page], ['HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'], /with 404/],
    ['a response that nobody asked for', [], [response('hi')], /unexpected response/],
    ['a broken response', [page], ['HTTP/1.1 200 OK\r\nno header\r\n\r\n'], /broken response/],
    [
      'a response after the last',
      [page, page],
      [response('fz7-1', 'Connection: close'), response('fz7-1')],
      /after the last response/,
    ],
    ['bytes of another client', [page], [response('fz8-1')], /bytes of another client: fz8-/],
    ['bytes of a witness', [page], [response('wit-3-secret')], /another client: wit-3/],
    ['a 101 before an earlier response', [page, upgrade], [switching()], /answered with 101/],
    ['a 101 for another key', [upgrade], [switching('other')], /a wrong accept/],
  ])('finds %s', (_name, asked, chunks, fault) => {
    expect(transcriptOf(asked, ...chunks).faults[0]).toMatch(fault);
  });

  it.each([
    ['HTTP after a 101', [response('fz7-1')], /HTTP after a 101/],
    ['HTTP between frames', [one, response('fz7-1')], /HTTP after a 101/],
    ['a wrong echo', [text('eno')], /message 1 is text of 3 bytes "eno" instead of/],
    ['an echo of the wrong type', [frame({ opcode: Opcode.binary, payload: 'one' })], /is binary/],
    ['one message too many', [one, two, text('three')], /unexpected message/],
    ['a masked frame', [encodeFrame({ opcode: Opcode.text, payload: 'one' })], /it is masked/],
    ['a reserved bit', [frame({ opcode: Opcode.text, rsv: 4, payload: 'one' })], /reserved bits/],
    ['an unknown opcode', [frame({ opcode: 5 })], /its opcode is 5/],
    [
      'a length that is longer than it need be',
      [frame({ opcode: Opcode.text, payload: 'one', lengthBits: 16 })],
      /not the shortest/,
    ],
    ['half a control frame', [frame({ opcode: Opcode.ping, fin: false })], /in fragments/],
    ['a continuation of nothing', [frame({ opcode: Opcode.continuation })], /out of order/],
    ['a pong without its ping', [frame({ opcode: Opcode.pong, payload: 'r' })], /pong without/],
    [
      'a pong that comes twice',
      [frame({ opcode: Opcode.pong, payload: 'q' }), frame({ opcode: Opcode.pong, payload: 'p' })],
      /pong without/,
    ],
    ['a close before what is due', [one, bye], /awaited before: message 2 of 2/],
    [
      'another close code',
      [one, two, frame({ opcode: Opcode.close, payload: encodeClose(1011) })],
      /closed with 1011/,
    ],
    [
      'a close code that must not be sent',
      [frame({ opcode: Opcode.close, payload: encodeClose(1006) })],
      /it closes with 1006/,
    ],
    ['a frame after the close frame', [one, two, bye, one], /after the close frame/],
  ])('finds %s on an open WebSocket', (_name, chunks, fault) => {
    expect(conversationOf(...chunks).faults[0]).toMatch(fault);
  });

  it('lets a close come before what is due only once the server may no longer wait for it', () => {
    jest.useFakeTimers();
    try {
      for (const [ms, faults] of [
        [CLOSE_MS - 10, 1],
        [CLOSE_MS, 0],
      ] as const) {
        const late = conversationOf(one);
        const early = transcriptOf([upgrade]);
        early.expectFrames({
          messages: [textMessage('one'), textMessage('two')],
          close: { codes: [1000], isLossy: false },
        });
        jest.advanceTimersByTime(ms);
        late.push(bye);
        for (const chunk of [Buffer.from(switching()), one, bye]) early.push(chunk);
        for (const transcript of [late, early]) expect(transcript.faults).toHaveLength(faults);
      }
    } finally {
      jest.useRealTimers();
    }
  });

  it('finds an end that leaves something unanswered, unless the client has left', () => {
    const ended = transcriptOf([page]);
    ended.end();
    expect(ended.faults[0]).toMatch(/ended before the answer to GET \/page/);
    const cut = transcriptOf([page], response('fz7-1').slice(0, -1));
    cut.end();
    expect(cut.faults[0]).toMatch(/broken response to GET \/page/);
    const silent = conversationOf(one, two);
    silent.end();
    expect(silent.faults[0]).toMatch(/without a close frame/);
    for (const left of [transcriptOf([page]), conversationOf(one)]) {
      left.leave();
      left.end();
      expect(left.faults).toEqual([]);
    }
  });

  it('lets a reset overtake answers where Node closes with bytes unread, and no other', () => {
    const closing: Answer = { label: 'GET /socket', statuses: [426], closes: true };
    const overtaken = transcriptOf([page, closing]);
    overtaken.end(true);
    expect(overtaken.faults).toEqual([]);
    for (const [asked, isReset] of [
      [[page, closing], false],
      [[page, page], true],
    ] as const) {
      const transcript = transcriptOf(asked);
      transcript.end(isReset);
      expect(transcript.faults[0]).toMatch(/ended before the answer to GET \/page/);
    }
  });

  it('lets an upgrade be dropped that has to wait, and no other', () => {
    const first = transcriptOf([upgrade]);
    first.end();
    expect(first.faults[0]).toMatch(/ended before the answer to GET \/socket/);
    const behind = transcriptOf([page, upgrade], response('fz7-1'));
    behind.end();
    expect(behind.faults).toEqual([]);
  });

  it('takes the answer to noise wherever it comes', () => {
    const bad = 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n';
    expect(transcriptOf([page, broken], bad).faults).toEqual([]);
    expect(transcriptOf([page, broken], response('fz7-1').slice(0, -1), bad).faults).toEqual([]);
    expect(transcriptOf([page, broken], bad, bad).faults[0]).toMatch(/after the last response/);
    const withBody = 'HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad';
    expect(transcriptOf([{ ...page, isHead: true }, broken], withBody).faults).toEqual([]);
  });

  it('knows the socket that is opened to be refused', () => {
    const refused: Answer = { ...upgrade, opening: { key: SAMPLE_KEY, refusal: [4403] } };
    const closing = frame({ opcode: Opcode.close, payload: encodeClose(4403, 'Forbidden') });
    const transcript = transcriptOf([refused], switching(), closing);
    expect(transcript.faults).toEqual([]);
    expect(transcriptOf([refused], switching(), one).faults[0]).toMatch(/unexpected message/);
    expect(transcriptOf([refused], switching(), bye).faults[0]).toMatch(/closed with 1000/);
  });
});
