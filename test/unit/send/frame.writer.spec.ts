import { FrameWriter } from '../../../lib/send/frame.writer.js';

/** What a client reads out of a frame. */
function textOf(frame: Buffer): string {
  const [, length = 0] = frame;
  return frame.toString('utf8', length < 126 ? 2 : length === 126 ? 4 : 10);
}

describe('FrameWriter', () => {
  it.each([
    ['', [0x81, 0]],
    ['é', [0x81, 2]],
    ['x'.repeat(125), [0x81, 125]],
    ['x'.repeat(126), [0x81, 126, 0, 126]],
    ['x'.repeat(0x1_0000), [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])('frames a text as RFC 6455 says (%#)', (text, header) => {
    const frame = new FrameWriter().frame(text);
    expect([...frame.subarray(0, header.length)]).toEqual(header);
    expect(frame.toString('utf8', header.length)).toBe(text);
  });

  it.each([
    '',
    'ASCII',
    'é first',
    'last é',
    '\u{1F600}',
    '\uD800',
    '\u007F\u0080',
    'é'.repeat(41),
  ])('writes %j as Node does, alone and with others', (text) => {
    const bytes = Buffer.from(text);
    const frame = Buffer.from([0x81, bytes.length, ...bytes]);
    const writer = new FrameWriter();
    expect(writer.frame(text)).toEqual(frame);
    expect(writer.join(text, [text])).toEqual(Buffer.concat([frame, frame]));
  });

  it('frames a text for many connections once', () => {
    const writer = new FrameWriter();
    const frame = writer.frame('news');
    expect(writer.frame('new'.concat('s'))).toBe(frame);
    expect(textOf(writer.frame('olds'))).toBe('olds');
    expect(textOf(writer.frame('news'))).toBe('news');
    expect(textOf(frame)).toBe('news');
  });

  it('keeps the frame for many connections whole while others are joined', () => {
    const writer = new FrameWriter();
    const frame = writer.frame('news');
    writer.join('a', ['b', 'news']);
    expect(writer.frame('news')).toBe(frame);
    expect(textOf(frame)).toBe('news');
  });

  it('frames bytes anew each time, for they may have changed', () => {
    const writer = new FrameWriter();
    const bytes = Buffer.from('old');
    expect([...writer.frame(bytes)]).toEqual([0x82, 3, ...Buffer.from('old')]);
    bytes.write('new');
    expect([...writer.frame(bytes)]).toEqual([0x82, 3, ...Buffer.from('new')]);
  });

  it('keeps no text when it is told to forget', () => {
    const writer = new FrameWriter();
    const frame = writer.frame('news');
    writer.forget();
    expect(writer.frame('news')).not.toBe(frame);
    expect(textOf(writer.frame('news'))).toBe('news');
  });
});
