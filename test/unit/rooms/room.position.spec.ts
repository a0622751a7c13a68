import * as fc from 'fast-check';

import {
  follows,
  isSame,
  positionBefore,
  positionFrom,
  readPosition,
  writePosition,
} from '../../../lib/rooms/room.position.js';
import { tags } from '../../support/records/room-arbitraries.js';

const positions = fc.record({ offset: fc.maxSafeNat(), tag: tags });

describe('Positions', () => {
  it('are read as they were written, whatever their number', () => {
    fc.assert(
      fc.property(positions, (position) => {
        expect(readPosition(writePosition(position))).toEqual(position);
      }),
    );
  });

  it('have nothing in them that separates fields, rooms or lists', () => {
    fc.assert(
      fc.property(positions, (position) => {
        expect(writePosition(position)).toMatch(/^[0-9a-z]+\.[0-9a-f]{8}$/);
      }),
    );
  });

  it.each([
    ['nothing', undefined],
    ['a number', 12],
    ['an empty text', ''],
    ['no tag', '12'],
    ['an empty tag', '12.'],
    ['a short tag', '12.abcdef0'],
    ['a long tag', '12.abcdef012'],
    ['another alphabet in its tag', '12.ABCDEF01'],
    ['no offset', '.abcdef01'],
    ['a negative offset', '-1.abcdef01'],
    ['an upper case offset', 'A.abcdef01'],
    ['an offset of 2^53', `${(2 ** 53).toString(36)}.abcdef01`],
    ['an offset of 2^63', `${(2n ** 63n).toString(36)}.abcdef01`],
    ['the largest of eleven digits', 'zzzzzzzzzzz.abcdef01'],
    ['a line feed behind it', '1.abcdef01\n'],
    ['a list', ['1.abcdef01']],
  ])('are not read from what no room has given: %s', (_what, text) => {
    expect(readPosition(text)).toBeUndefined();
  });

  it('are never read from anything as a number that cannot be counted on', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-z]{1,13}\.[0-9a-f]{8}$/), (text) => {
        const position = readPosition(text);
        if (position) expect(Number.isSafeInteger(position.offset)).toBe(true);
      }),
    );
  });

  it('that an application gives are read, or refused with what to do', () => {
    expect(positionFrom(undefined)).toBeUndefined();
    expect(positionFrom('a.abcdef01')).toEqual({ offset: 10, tag: 'abcdef01' });
    expect(() => positionFrom('a')).toThrow(
      new TypeError('after: use a position that a room has given'),
    );
  });

  it('follow one another where number and tag fit, and only there', () => {
    fc.assert(
      fc.property(positions, tags, tags, (position, tag, other) => {
        fc.pre(position.offset < Number.MAX_SAFE_INTEGER - 1);
        const step = { offset: position.offset + 1, tag, prev: position.tag };
        expect(follows(step, position)).toBe(true);
        expect(isSame(positionBefore(step), position)).toBe(true);
        expect(follows({ ...step, offset: step.offset + 1 }, position)).toBe(false);
        expect(follows({ ...step, prev: other }, position)).toBe(other === position.tag);
      }),
    );
  });
});
