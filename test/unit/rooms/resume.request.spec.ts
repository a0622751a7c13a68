import * as fc from 'fast-check';

import { readResume } from '../../../lib/rooms/resume.request.js';
import { writeRoom } from '../../../lib/rooms/room.header.js';
import { writePosition } from '../../../lib/rooms/room.position.js';
import { roomKeys, tags } from '../../support/records/room-arbitraries.js';

const entries = fc.uniqueArray(
  fc.tuple(roomKeys, fc.record({ offset: fc.maxSafeNat(), tag: tags })),
  { selector: ([room]) => room, minLength: 1, maxLength: 64 },
);

const TAG = 'abcdef01';
const urlOf = (value: string): string => `/chat?resume=${encodeURIComponent(value)}`;
const read = (value: string): unknown => {
  const request = readResume(urlOf(value));
  return request && Object.fromEntries(request);
};

describe('What a client says of where it was', () => {
  it('is read as it was written, whatever the rooms are called', () => {
    fc.assert(
      fc.property(entries, fc.boolean(), (list, isLast) => {
        const value = list
          .map(([room, position]) => `${writeRoom(room)}~${writePosition(position)}`)
          .join(',');
        const query = new URLSearchParams(
          isLast ? { token: 'resume', resume: value } : { resume: value, token: 'x' },
        );
        expect(readResume(`/chat/a?${query.toString()}`)).toEqual(new Map(list));
        expect(readResume(urlOf(value))).toEqual(new Map(list));
      }),
    );
  });

  it('is read where simple names stand in the query as they are', () => {
    expect(readResume(`/chat?resume=chat/a~1.${TAG},chat/b~2.${TAG}`)).toEqual(
      new Map([
        ['chat/a', { offset: 1, tag: TAG }],
        ['chat/b', { offset: 2, tag: TAG }],
      ]),
    );
  });

  it('is read for 64 rooms, and not for the 65th', () => {
    const tokens = Array.from({ length: 65 }, (_, index) => `chat/${index}~1.${TAG}`);
    const request = readResume(urlOf(tokens.join(',')));
    expect(request?.size).toBe(64);
    expect(request?.has('chat/63')).toBe(true);
    expect(request?.has('chat/64')).toBe(false);
  });

  it('is left out where it cannot be read, and the others are not', () => {
    const bad = [
      '',
      '~',
      'chat/a',
      `chat/a 1.${TAG}`,
      'chat/a~',
      'chat/a~-',
      'chat/a~-1.abcdef01',
      `chat/a~${(2 ** 53).toString(36)}.${TAG}`,
      `chat/%zz~1.${TAG}`,
      `chat/%ff~1.${TAG}`,
      'chat/a~1.ABCDEF01',
    ];
    expect(read([...bad, `chat/b~1.${TAG}`, ...bad].join(','))).toEqual({
      'chat/b': { offset: 1, tag: TAG },
    });
  });

  it.each([
    '/chat',
    '/chat/resume',
    '/chat?',
    '/chat?resume',
    '/chat?resume=',
    '/chat?resume=,,,',
    '/chat?resumed=chat/a~1.abcdef01',
    '/resume?x=1',
    '/chat?resume=%zz',
    '/chat?resume=%00~1.abcdef0',
  ])('is nothing where nothing is said: %s', (url) => {
    expect(readResume(url)).toBeUndefined();
  });

  it('is never read with an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => readResume(`/chat?resume=${text}`)).not.toThrow();
      }),
    );
  });
});
