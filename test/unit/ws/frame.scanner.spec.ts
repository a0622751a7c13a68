import { FrameScanner } from '../../../lib/ws/frame.scanner.js';
import { binary, chop, close, continuation, ping, pong, text } from '../../support/raw/frames.js';
import { encodeClose, encodeFrame, Opcode, type FrameToSend } from '../../support/raw/raw-frame.js';

/** Opcodes and payloads of the control frames that the scanner finds. */
function found(bytes: Buffer, sizeOfChunks: number): [number, string][] {
  const controls: [number, string][] = [];
  const scanner = new FrameScanner((opcode, payload) =>
    controls.push([opcode, payload.toString('latin1')]),
  );
  for (const chunk of chop(bytes, sizeOfChunks)) scanner.scan(chunk);
  return controls;
}

const bytesOf = (frames: readonly FrameToSend[]): Buffer => Buffer.concat(frames.map(encodeFrame));

describe('FrameScanner', () => {
  const frames = [
    text(''),
    text('a message'),
    ping('one'),
    binary(Buffer.alloc(300, 0x89)),
    text('first', { fin: false }),
    pong(Buffer.alloc(125, 7)),
    continuation(Buffer.alloc(70_000, 0x88)),
    ping(''),
    close(4000, 'Bye'),
  ];
  const expected = [
    [Opcode.ping, 'one'],
    [Opcode.pong, '\u0007'.repeat(125)],
    [Opcode.ping, ''],
    [Opcode.close, encodeClose(4000, 'Bye').toString('latin1')],
  ];

  it.each([1, 2, 3, 7, 64, 1000, 1_000_000])(
    'finds the control frames in order, in chunks of %d bytes',
    (size) => {
      expect(found(bytesOf(frames), size)).toEqual(expected);
    },
  );

  it('finds nothing in what only looks like one, as long as its frame is not whole', () => {
    const bytes = bytesOf([ping('whole'), ping('not whole')]);
    expect(found(bytes.subarray(0, -1), 5)).toEqual([[Opcode.ping, 'whole']]);
  });

  it('reads unmasked frames and lengths that are longer than they need be', () => {
    const bytes = bytesOf([
      text('x', { masked: false, lengthBits: 64 }),
      ping('plain', { masked: false }),
      text('y', { lengthBits: 16 }),
      pong('masked'),
    ]);
    expect(found(bytes, 4)).toEqual([
      [Opcode.ping, 'plain'],
      [Opcode.pong, 'masked'],
    ]);
  });

  it('looks at nothing after the close frame', () => {
    expect(found(bytesOf([close(1000), ping('late')]), 3)).toEqual([
      [Opcode.close, encodeClose(1000).toString('latin1')],
    ]);
  });
});
