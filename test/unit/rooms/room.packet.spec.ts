import { randomUUID } from 'node:crypto';

import * as fc from 'fast-check';

import { decodePacket, encodePacket, MAX_EXCEPT } from '../../../lib/rooms/room.packet.js';

const text = fc.string({ unit: 'grapheme' });
const ids = fc.array(fc.uuid(), { maxLength: 5 });

describe('The packet of a room', () => {
  it('comes back as it was, as a text', () => {
    fc.assert(
      fc.property(text, ids, fc.boolean(), fc.boolean(), (payload, except, isControl, isJson) => {
        const packet = decodePacket(encodePacket(payload, except, { isControl, isJson }));
        expect(packet).toEqual({
          payload: Buffer.from(payload),
          isBinary: false,
          isControl,
          isJson,
          except,
        });
      }),
    );
  });

  it('comes back as it was, as bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), ids, (payload, except) => {
        const packet = decodePacket(encodePacket(payload, except));
        expect(packet).toEqual({
          payload: Buffer.from(payload),
          isBinary: true,
          isControl: false,
          isJson: false,
          except,
        });
      }),
    );
  });

  it('takes the bytes of a part of a buffer alone', () => {
    const part = Buffer.from('abcdef').subarray(2, 4);
    expect(decodePacket(encodePacket(part, []))?.payload.toString()).toBe('cd');
  });

  it('takes as many excepted ones as it can count', () => {
    const except = Array.from({ length: MAX_EXCEPT }, () => randomUUID());
    expect(decodePacket(encodePacket('x', except))).toMatchObject({ except });
  });

  it('is nothing in any other version', () => {
    const packet = encodePacket('hello', []);
    for (let version = 0; version < 256; version += 1) {
      packet[0] = version;
      expect(decodePacket(packet) === undefined).toBe(version !== 1);
    }
  });

  it('is nothing where its head is cut off', () => {
    const packet = encodePacket('', [randomUUID(), randomUUID()]);
    for (const length of [0, 1, 3, 4, 18, 19, packet.length - 1])
      expect(decodePacket(packet.subarray(0, length))).toBeUndefined();
    expect(decodePacket(packet)).toBeDefined();
  });

  it('is nothing where it ends before the count of those who are excepted', () => {
    expect(decodePacket(encodePacket('', [randomUUID()]).subarray(0, 2))).toBeUndefined();
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const start of [[], [1], [1, 4], [1, 7, 1]]) {
          const packet = decodePacket(Buffer.from([...start, ...bytes]));
          if (packet) expect(packet.payload.length).toBeLessThanOrEqual(bytes.length + 3);
        }
      }),
    );
  });

  it('says nothing of the memory of the process where an id is none', () => {
    const head = (): Buffer => encodePacket('', ['not-an-id']).subarray(3);
    const seen = new Set(Array.from({ length: 50 }, () => head().toString('hex')));
    expect([...seen]).toEqual([Buffer.alloc(16).toString('hex')]);
  });

  it('means the same connection by an id in capitals', () => {
    const id = randomUUID();
    expect(decodePacket(encodePacket('', [id.toUpperCase()]))?.except).toEqual([id]);
  });
});
