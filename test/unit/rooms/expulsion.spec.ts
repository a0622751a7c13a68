import * as fc from 'fast-check';

import { readExpulsion, writeExpulsion } from '../../../lib/rooms/expulsion.js';

const read = (json: string): unknown => readExpulsion(Buffer.from(json));

describe('An expulsion', () => {
  it('comes back as it was', () => {
    const who = fc.oneof(
      fc.record({ connection: fc.uuid() }),
      fc.record({ key: fc.string({ minLength: 1 }) }),
    );
    const close = fc.option(
      fc.record(
        { code: fc.integer({ min: 3000, max: 4999 }), reason: fc.string() },
        { requiredKeys: ['code'] },
      ),
      { nil: undefined },
    );
    fc.assert(
      fc.property(who, close, (expelled, how) => {
        expect(read(writeExpulsion(expelled, how))).toEqual({
          who: expelled,
          ...(how && { close: how }),
        });
      }),
    );
  });

  it.each([
    '',
    '{',
    'null',
    '1',
    '"expel"',
    '[]',
    '["expel"]',
    '{}',
    '{"expel":null}',
    '{"expel":1}',
    '{"expel":{"a":1}}',
    '{"expel":["a"]}',
    '{"expel":{"key":1}}',
    '{"expel":{"__proto__":{"key":"a"}}}',
    '{"__proto__":{"expel":"a"}}',
    '{"constructor":{"expel":"a"}}',
    '{"later":"a"}',
  ])('is none: %s', (json) => {
    expect(read(json)).toBeUndefined();
  });

  it.each([
    ['{"expel":"a","close":null}', { who: { connection: 'a' } }],
    ['{"expel":"a","close":1}', { who: { connection: 'a' } }],
    ['{"expel":"a","close":{"code":"1000"}}', { who: { connection: 'a' } }],
    ['{"expel":"a","close":{"__proto__":{"code":4000}}}', { who: { connection: 'a' } }],
    [
      '{"expel":"a","close":{"code":4000,"reason":1,"more":2}}',
      { who: { connection: 'a' }, close: { code: 4000 } },
    ],
    ['{"expel":{"key":"a","connection":"b"}}', { who: { key: 'a' } }],
    ['{"expel":"a","more":true}', { who: { connection: 'a' } }],
  ])('is read for what it can be: %s', (json, expected) => {
    expect(read(json)).toEqual(expected);
  });

  it('is none of bytes that are no text, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        readExpulsion(Buffer.from(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        read(json);
      }),
    );
  });
});
