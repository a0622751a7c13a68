import * as fc from 'fast-check';

import {
  gapHeader,
  joinHeader,
  leaveHeader,
  messageHeader,
  readRoomHeader,
  writeRoom,
} from '../../../lib/rooms/room.header.js';
import { roomKeyOf } from '../../../lib/rooms/room.name.js';
import { writePosition } from '../../../lib/rooms/room.position.js';
import { roomKeys, tags } from '../../support/records/room-arbitraries.js';

const positions = fc.option(fc.record({ offset: fc.maxSafeNat(), tag: tags }), { nil: undefined });

describe('Headers of rooms', () => {
  it('are read as they were written, whatever the name of the room', () => {
    fc.assert(
      fc.property(roomKeys, positions, fc.boolean(), (room, at, isContinued) => {
        const position = at && writePosition(at);
        const rest = { room, position, isContinued: false, code: undefined };
        const name = writeRoom(room);
        expect(readRoomHeader(messageHeader(name, at))).toEqual({ kind: 'm', ...rest });
        expect(readRoomHeader(gapHeader(name, at))).toEqual({ kind: 'g', ...rest });
        expect(readRoomHeader(joinHeader(name, at, isContinued))).toEqual({
          kind: 'j',
          ...rest,
          isContinued,
        });
        expect(readRoomHeader(leaveHeader(name, 1008))).toEqual({
          kind: 'l',
          ...rest,
          position: undefined,
          code: 1008,
        });
      }),
    );
  });

  it('are ASCII in one line, and name the room without what separates tokens', () => {
    fc.assert(
      fc.property(roomKeys, (room) => {
        expect(writeRoom(room)).toMatch(/^chat\/[!-~]+$/);
        expect(writeRoom(room)).not.toMatch(/[~,]/);
      }),
    );
  });

  it('fit behind a length of two bytes with the longest name', () => {
    const name = writeRoom(roomKeyOf('k'.repeat(32), '\u00ff'.repeat(100)));
    const header = messageHeader(name, { offset: Number.MAX_SAFE_INTEGER, tag: 'abcdef01' });
    expect(header.length).toBeLessThan(2 ** 16);
  });

  it.each([
    '',
    'm',
    'm chat/a',
    'm chat/a 1.abcdef01 1',
    'j chat/a 1.abcdef01',
    'j chat/a 1.abcdef01 2',
    'g chat/a 1.abcdef01 0',
    'l chat/a gone',
    'l chat/a -',
    'm chat/a junk',
    'm chat/%zz 1.abcdef01',
    'm chat/%ff 1.abcdef01',
    'm  chat/a 1.abcdef01',
    'm chat/a 1.abcdef01 ',
    'r 12',
    'x chat/a -',
  ])('are not read from anything else: %j', (header) => {
    expect(readRoomHeader(header)).toBeUndefined();
  });

  it('are never read with an exception', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('m ', 'j ', 'g ', 'l ', ''), (text, start) => {
        expect(() => readRoomHeader(start + text)).not.toThrow();
      }),
    );
  });
});
