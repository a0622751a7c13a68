import { inspect } from 'node:util';
import { messageOf, stackOf } from '../../../lib/log/error.text.js';

function throwing(): never {
  throw new Error('unreadable');
}

const bare: unknown = Object.create(null);

const unreadable: [string, unknown][] = [
  [
    'an error whose message throws',
    // The stack first: to replace it, V8 reads the message.
    Object.defineProperties(new Error('hidden'), {
      stack: { get: throwing },
      message: { get: throwing },
    }),
  ],
  ['an object whose inspection throws', { [inspect.custom]: throwing }],
  [
    'an error whose message is no text',
    Object.assign(new Error('hidden'), {
      message: bare,
      stack: bare,
    }),
  ],
];

describe('what the log says of a thrown value', () => {
  it.each([
    ['an error', new TypeError('wrong'), 'wrong'],
    ['a text', 'wrong', 'wrong'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['an object', { code: 7 }, '{ code: 7 }'],
    ['an object without a prototype', Object.create(null), '[Object: null prototype] {}'],
    ['a symbol', Symbol('wrong'), 'Symbol(wrong)'],
  ])('is the message of %s', (_what, thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
  });

  it('is the stack of an error, and its message where it has none', () => {
    const error = new Error('wrong');
    expect(stackOf(error)).toBe(error.stack);
    expect(stackOf(Object.assign(new Error('bare'), { stack: undefined }))).toBe('bare');
    expect(stackOf('text')).toBe('text');
  });

  it.each(unreadable)('is the same text for %s', (_what, thrown) => {
    expect(messageOf(thrown)).toBe('a value that cannot be shown');
    expect(stackOf(thrown)).toBe('a value that cannot be shown');
  });
});
