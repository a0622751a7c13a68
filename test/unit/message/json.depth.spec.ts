import { isDeeperThan } from '../../../lib/message/json.depth.js';

const arrays = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const objects = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;

describe('isDeeperThan', () => {
  it.each([1, 2, 10, 1000])('counts the levels of arrays and objects, at most %d', (max) => {
    for (const make of [arrays, objects]) {
      expect(isDeeperThan(make(max), max)).toBe(false);
      expect(isDeeperThan(make(max + 1), max)).toBe(true);
    }
  });

  it('counts levels, not brackets', () => {
    expect(isDeeperThan(`[${Array.from({ length: 500 }, () => '[{}]').join()}]`, 3)).toBe(false);
    expect(isDeeperThan(`[${Array.from({ length: 500 }, () => '[{}]').join()}]`, 2)).toBe(true);
  });

  it.each([
    ['brackets', '[[[[[[[['],
    ['escaped quotes', '\\"[[[[[\\"'],
    ['escaped backslashes', '[[[[\\\\'],
    ['many backslashes', `${'\\\\'.repeat(50)}[[[[[`],
  ])('reads over strings: %s', (_what, content) => {
    const text = `{"key${content}":["${content}","${content}"]}`;
    expect(isDeeperThan(text, 2)).toBe(false);
    expect(isDeeperThan(text, 1)).toBe(true);
  });

  it('is no answer to what is not JSON, and ends', () => {
    expect(isDeeperThan(`"${'['.repeat(5000)}`, 10)).toBe(false);
    expect(isDeeperThan(']'.repeat(5000), 10)).toBe(false);
    expect(isDeeperThan('['.repeat(5000), 10)).toBe(true);
    expect(isDeeperThan(`"${'\\'.repeat(5000)}`, 10)).toBe(false);
  });
});
