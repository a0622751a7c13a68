import * as fc from 'fast-check';

import { headerOf, readHeader as readStart, withHeader } from '../../../lib/calls/call.header.js';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const ids = fc.string({
  unit: fc.constantFrom(...ALPHABET.split('')),
  minLength: 1,
  maxLength: 32,
});
const kinds = fc.constantFrom('c', 'x');
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

interface Read {
  kind: string;
  id: string;
  payload: Buffer;
}

function readHeader(data: Buffer, isBinary: boolean): Read | undefined {
  const header = readStart(data, isBinary);
  return header && { ...header, payload: data.subarray(header.start) };
}

const bytesOf = (payload: string | Uint8Array): Buffer =>
  typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(payload);

/** Read by a grammar of its own, from the characters of the header. */
function isHeader(header: string): boolean {
  if (header === '') return true;
  const [kind, id, ...rest] = header.split(' ');
  return (
    (kind === 'c' || kind === 'x') &&
    rest.length === 0 &&
    id !== undefined &&
    id.length > 0 &&
    id.length <= 32 &&
    id.split('').every((character) => ALPHABET.includes(character))
  );
}

describe('The header of a message', () => {
  it('comes back from a text as it was written, whatever follows it', () => {
    fc.assert(
      fc.property(kinds, ids, fc.string({ unit: 'binary' }), (kind, id, text) => {
        const whole = bytesOf(withHeader(`${kind} ${id}`, text));
        const read = readHeader(whole, false);
        expect(read).toMatchObject({ kind, id });
        expect(read?.payload.equals(Buffer.from(text))).toBe(true);
      }),
    );
  });

  it('comes back from bytes as it was written, whatever follows it', () => {
    fc.assert(
      fc.property(kinds, ids, bytes, (kind, id, payload) => {
        const read = readHeader(bytesOf(withHeader(`${kind} ${id}`, payload)), true);
        expect(read).toMatchObject({ kind, id });
        expect(read?.payload.equals(payload)).toBe(true);
      }),
    );
  });

  it('is empty for a message without a call', () => {
    fc.assert(
      fc.property(bytes, (payload) => {
        const text = readHeader(Buffer.concat([Buffer.from('\n'), payload]), false);
        expect(text).toMatchObject({ kind: '', id: '' });
        expect(text?.payload.equals(payload)).toBe(true);
        const binary = readHeader(Buffer.concat([Buffer.from([0]), payload]), true);
        expect(binary).toMatchObject({ kind: '', id: '' });
        expect(binary?.payload.equals(payload)).toBe(true);
      }),
    );
  });

  it('is found in no text that does not begin with one', () => {
    const lines = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[cx]? ?[0-9A-Za-z]{0,40} ?$/),
    );
    fc.assert(
      fc.property(lines, fc.string(), (line, rest) => {
        const [header = ''] = `${line}\n`.split('\n');
        const read = readHeader(Buffer.from(`${line}\n${rest}`), false);
        expect(read !== undefined).toBe(isHeader(header));
      }),
    );
  });

  it('is found in no bytes that do not begin with one', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        const length = data[0];
        const header = length === undefined ? '?' : data.toString('latin1', 1, 1 + length);
        const isWhole = length !== undefined && header.length === length;
        const read = readHeader(data, true);
        expect(read !== undefined).toBe(isWhole && isHeader(header.replace(/\n$/, '')));
      }),
    );
  });

  it('may end with its line feed before bytes as well', () => {
    const data = Buffer.from('\u0004c 7\nabc', 'latin1');
    expect(readHeader(data, true)).toMatchObject({ kind: 'c', id: '7' });
    expect(readHeader(data, true)?.payload.toString()).toBe('abc');
  });

  it('is looked for in the first bytes alone', () => {
    const long = 'a'.repeat(33);
    expect(readHeader(Buffer.from(`c ${'a'.repeat(32)}\n`), false)?.id).toBe('a'.repeat(32));
    expect(readHeader(Buffer.from(`c ${long}\n`), false)).toBeUndefined();
    expect(readHeader(Buffer.alloc(0), false)).toBeUndefined();
    expect(readHeader(Buffer.alloc(0), true)).toBeUndefined();
  });

  it('of an answer names the call', () => {
    expect(withHeader(headerOf('r', 'a1'), 'yes')).toBe('r a1\nyes');
    expect(bytesOf(withHeader(headerOf('i', 'a1'), Buffer.from([1, 2])))).toEqual(
      Buffer.from([4, ...Buffer.from('i a1'), 1, 2]),
    );
  });
});
