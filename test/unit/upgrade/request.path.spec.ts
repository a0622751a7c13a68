import { readPath } from '../../../lib/upgrade/request.path.js';

describe('readPath', () => {
  it.each([
    ['/', '/'],
    ['/example/websocket', '/example/websocket'],
    ['/example/websocket/', '/example/websocket/'],
    ['/Example', '/Example'],
    ['/a?b=//c/../%zz', '/a'],
    ['/?a', '/'],
    ['/caf%C3%A9', '/caf%C3%A9'],
    ['/two%20words', '/two%20words'],
    ['/%3Ca%3E', '/%3Ca%3E'],
    ["/-._~!$&'()*+,;=:@", "/-._~!$&'()*+,;=:@"],
    ['/...', '/...'],
    ['/.well-known/a', '/.well-known/a'],
    ['/a..b', '/a..b'],
  ])('reads %s as %s', (target, path) => {
    expect(readPath(target)).toBe(path);
  });

  it.each([
    ['nothing', undefined],
    ['an empty target', ''],
    ['no leading slash', 'a'],
    ['the asterisk form', '*'],
    ['the absolute form', 'http://host/a'],
    ['the authority form', 'host:80'],
    ['two slashes', '//a'],
    ['two slashes inside', '/a//b'],
    ['two slashes at the end', '/a//'],
    ['a dot segment', '/a/./b'],
    ['a dot segment at the end', '/a/.'],
    ['a parent segment', '/a/../b'],
    ['a parent segment at the end', '/a/..'],
    ['an escaped dot segment', '/a/%2e/b'],
    ['a half escaped parent segment', '/a/.%2E/b'],
    ['an escaped letter', '/%61dmin'],
    ['an escaped digit', '/%31'],
    ['an escaped tilde', '/%7ea'],
    ['an escaped slash', '/a%2Fb'],
    ['an escaped backslash', '/a%5Cb'],
    ['an escaped percent sign', '/a%252Fb'],
    ['an escaped NUL', '/a%00'],
    ['an escaped line feed', '/a%0a'],
    ['an escaped DEL', '/a%7f'],
    ['an escape that is none', '/a%zz'],
    ['an escape that is cut off', '/a%2'],
    ['a percent sign', '/a%'],
    ['an escape that is no UTF-8', '/a%E9'],
    ['an overlong slash', '/a%C0%AFb'],
    ['a backslash', '/a\\b'],
    ['a space', '/a b'],
    ['a NUL', '/a\u0000'],
    ['a letter beyond ASCII', '/café'],
    ['a quotation mark', '/a"b'],
    ['a caret', '/a^b'],
    ['a bracket', '/a<b'],
    ['a brace', '/{a}'],
    ['a vertical bar', '/a|b'],
    ['a backtick', '/a`b'],
  ])('reads nothing out of %s', (_what, target) => {
    expect(readPath(target)).toBeUndefined();
  });
});
