import { fastifyPaths } from '../../../lib/platforms/fastify.path.js';

describe('fastifyPaths', () => {
  it.each([
    ['/a', ['/a']],
    ['/', ['/']],
    ['/room/:id', ['/room/:id']],
    ['/:from-:to', ['/:from-:to']],
    ['/:name.:ext', ['/:name.:ext']],
    ['/v:version/x', ['/v:version/x']],
    ['/files/*rest', ['/files/*']],
    ['/x*rest', ['/x*']],
    ['/maybe{/:id}', ['/maybe', '/maybe/:id']],
    ['{/:lang}/home', ['/home', '/:lang/home']],
    ['{/:id}', ['/', '/:id']],
    ['/a{/b{/c}}', ['/a', '/a/b', '/a/b/c']],
    ['/a{/b}{/c}', ['/a', '/a/c', '/a/b', '/a/b/c']],
    [String.raw`/a\:b`, ['/a::b']],
    ['/caf\u00e9', ['/caf\u00e9']],
  ])('writes %s as %j', (path, paths) => {
    expect(fastifyPaths(path)).toEqual(paths);
  });

  it.each([
    ['/*rest/end', 'a wildcard only at the end'],
    ['/:lat,:lng', 'put one of them after ":lat"'],
    ['/:"the-id"', 'put one of them after ":the-id"'],
    ['/:id(x', 'Unexpected'],
    ['/:a-*rest', 'no wildcard after a parameter'],
    [String.raw`/a\*b`, 'every asterisk'],
  ])('refuses %s', (path, reason) => {
    expect(() => fastifyPaths(path)).toThrow(reason);
  });
});
