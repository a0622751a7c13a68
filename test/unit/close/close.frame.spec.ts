import { isSendableCloseCode } from '../../../lib/close/close.code.js';
import { closeFrame, truncateReason } from '../../../lib/close/close.frame.js';

describe('a close reason', () => {
  it.each([
    ['nothing', '', ''],
    ['a short one', 'Closed by the server', 'Closed by the server'],
    ['123 bytes', 'a'.repeat(123), 'a'.repeat(123)],
    ['124 bytes', 'a'.repeat(124), 'a'.repeat(123)],
    ['two-byte characters', 'é'.repeat(62), 'é'.repeat(61)],
    ['three-byte characters', '€'.repeat(42), '€'.repeat(41)],
    ['four-byte characters', '😀'.repeat(31), '😀'.repeat(30)],
    ['a character across the border', `${'a'.repeat(121)}€`, 'a'.repeat(121)],
    ['a character up to the border', `${'a'.repeat(120)}€b`, `${'a'.repeat(120)}€`],
  ])('of %s', (_name, reason, sent) => {
    expect(truncateReason(reason)).toBe(sent);
    expect(Buffer.byteLength(truncateReason(reason))).toBeLessThanOrEqual(123);
  });

  it('is cut in a close frame', () => {
    expect(closeFrame(1000, 'a'.repeat(200))).toEqual({ code: 1000, reason: 'a'.repeat(123) });
  });
});

describe('a close code', () => {
  it.each([
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
  ])('%d may be sent', (code) => {
    expect(isSendableCloseCode(code)).toBe(true);
  });

  it.each([
    0,
    -1,
    200,
    999,
    1004,
    1005,
    1006,
    1015,
    1016,
    2000,
    2999,
    5000,
    1000.5,
    Number.NaN,
    Infinity,
  ])('%d may not', (code) => {
    expect(isSendableCloseCode(code)).toBe(false);
  });
});
