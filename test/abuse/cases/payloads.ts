import { binary, text } from '../../support/raw/frames.js';
import { sightOf, type Sight } from '../../support/raw/sights.js';
import type { AbuseCase, AbuseTheme } from '../abuse-case.js';

const INVALID = ['close 1007 "Invalid payload"', 'gone'];
const BAD_REQUEST = ['close 1007 "Bad Request Exception"', 'gone'];
const INTERNAL = ['close 1011 "Internal server error"', 'gone'];
const INTERNAL_REPLY =
  'text "{\\"error\\":{\\"statusCode\\":500,\\"message\\":\\"Internal server error\\"}}"';
const INVALID_REPLY =
  'text "{\\"error\\":{\\"statusCode\\":400,\\"message\\":\\"Invalid payload\\"}}"';

const MB = 1_000_000;
const DEPTH = 100_000;
const deepArray = '['.repeat(DEPTH) + ']'.repeat(DEPTH);
const deepObject = `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`;
const manyKeys = `{${Array.from({ length: 80_000 }, (_, index) => `"${index}":1`).join()}}`;
const digits = '1'.repeat(MB);

const polluting = [
  '{"__proto__":{"polluted":true}}',
  '{"a":{"__proto__":{"polluted":true}}}',
  '[{"__proto__":{"polluted":true}}]',
  '{"\\u005f_proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
];

const to = (path: string, name: string, payload: string, see: readonly Sight[]): AbuseCase => ({
  name: `${name}, to ${path}`,
  path,
  send: [text(payload)],
  see,
});

/** What JSON can carry, to handlers that use it. */
export const payloads: AbuseTheme = {
  theme: 'hostile payloads',
  cases: [
    ...['/json', '/unknown', '/merge', '/note', '/name'].flatMap((path) =>
      polluting.map((payload) => to(path, payload, payload, INVALID)),
    ),
    {
      name: 'a polluting payload as bytes, to /json',
      path: '/json',
      send: [binary('{"__proto__":{"polluted":true}}')],
      see: INVALID,
    },
    to('/echo', 'a polluting payload as text', '{"__proto__":1}', ['text "{\\"__proto__\\":1}"']),
    to('/merge', 'keys of Object.prototype', '{"toString":{"polluted":1},"valueOf":2}', [
      'text "merged 2"',
    ]),

    to('/json', 'deep arrays echoed', deepArray, INVALID),
    to('/json', 'deep objects echoed', deepObject, INVALID),
    to('/unknown', 'deep arrays echoed', deepArray, INVALID),
    to('/note', 'deep objects validated', `{"title":"x","content":${deepObject}}`, INVALID),
    to('/name', 'deep objects searched', deepObject, INVALID),
    to('/throw', 'deep arrays thrown', deepArray, INVALID),
    to('/throw', 'deep objects thrown', deepObject, INVALID),
    to('/throw-replied', 'deep arrays thrown', deepArray, [INVALID_REPLY]),
    to('/throw-replied', 'deep objects thrown', deepObject, [INVALID_REPLY]),
    to('/reject', 'deep objects as an exception', deepObject, [INVALID_REPLY]),
    to('/json', 'deep arrays never closed', '['.repeat(DEPTH), INVALID),
    to('/unknown', 'deep arrays never closed', '['.repeat(10), ['text "[[[[[[[[[["']),

    to('/throw', 'an object that cannot be made text', '{"toString":1,"valueOf":1}', INTERNAL),
    to('/throw-replied', 'an object that cannot be made text', '{"toString":1,"valueOf":1}', [
      INTERNAL_REPLY,
    ]),
    to('/throw', 'null', 'null', INTERNAL),
    to(
      '/throw',
      'an object like an exception',
      '{"status":200,"message":{"a":1},"stack":[]}',
      INTERNAL,
    ),
    to('/reject', 'an object without a message', '{"statusCode":{"a":1}}', [
      'text "{\\"error\\":{\\"statusCode\\":{\\"a\\":1}}}"',
    ]),

    to('/number', '1 MB of digits', digits, ['text "number Infinity"']),
    to('/integer', '1 MB of digits', digits, [
      'close 1007 "Validation failed (numeric string is expected)"',
      'gone',
    ]),
    to('/json', '1 MB of digits', digits, ['text "null"']),
    to('/json', '1 MB of digits in an exponent', `1e${digits}`, ['text "null"']),
    to('/unknown', '1 MB of white space', `${' '.repeat(MB)}{`, [
      sightOf('text', `${' '.repeat(MB)}{`),
    ]),
    to('/json', '1 MB of opening braces', '{'.repeat(MB), INVALID),
    to('/json', '1 MB of backslashes', `"${'\\'.repeat(MB - 2)}`, INVALID),
    to('/json', '80,000 keys', manyKeys, [sightOf('text', manyKeys)]),

    to('/json', 'nothing', '', INVALID),
    to('/json', 'a null character', '\0', INVALID),
    to('/json', 'NaN', 'NaN', INVALID),
    to('/name', 'null where an object belongs', 'null', ['text "name undefined"']),
    to('/name', 'a number where an object belongs', '{"user":5}', ['text "name undefined"']),
    to('/note', 'an array where an object belongs', '[]', BAD_REQUEST),
    to(
      '/note',
      'an object where a text belongs',
      '{"title":{"length":5},"content":{}}',
      BAD_REQUEST,
    ),
  ],
};
