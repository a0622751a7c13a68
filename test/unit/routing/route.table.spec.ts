import { VERSION_NEUTRAL } from '@nestjs/common';
import type { ServedPath } from '../../../lib/nest/route.paths.js';
import {
  DuplicateWebSocketRouteException,
  InvalidWebSocketPathException,
} from '../../../lib/errors/revali-ws.exceptions.js';
import { RouteTable, type PathMatching } from '../../../lib/routing/route.table.js';
import { fakeRoute } from './fake.route.js';

const exact: PathMatching = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  maxParamLength: 100,
};
const loose: PathMatching = {
  caseSensitive: false,
  ignoreTrailingSlash: true,
  maxParamLength: Infinity,
};

/** The names of the routes that serve the path. */
function namesOf(table: RouteTable, path: string): string[] {
  return table.find(path).map(({ route }) => route.methodName);
}

describe('RouteTable', () => {
  it('finds a path that is written out, and no other', () => {
    const table = new RouteTable([fakeRoute('a', ['/a']), fakeRoute('b', ['/a/b'])], exact);
    expect(namesOf(table, '/a')).toEqual(['a']);
    expect(namesOf(table, '/a/b')).toEqual(['b']);
    for (const path of ['/', '/b', '/a/', '/A', '/a/b/c', '']) {
      expect(namesOf(table, path)).toEqual([]);
    }
  });

  it('finds a path in any case and with a trailing slash, where the platform reads it so', () => {
    const table = new RouteTable(
      [fakeRoute('a', ['/Path/One']), fakeRoute('p', ['/P/:id'])],
      loose,
    );
    for (const path of ['/Path/One', '/path/one', '/PATH/ONE/']) {
      expect(namesOf(table, path)).toEqual(['a']);
    }
    expect(table.find('/p/Seven/')).toMatchObject([{ params: { id: 'Seven' } }]);
    expect(namesOf(table, '/path/one//')).toEqual([]);
  });

  it('takes no other letter or slash for that of a path that is written out', () => {
    const kelvin = '\u212a';
    const table = new RouteTable([fakeRoute('k', [`/${kelvin}`]), fakeRoute('a', ['/a/'])], loose);
    expect(namesOf(table, '/k')).toEqual([]);
    expect(namesOf(table, '/a')).toEqual([]);
    expect(namesOf(table, '/a/')).toEqual(['a']);
  });

  it('gives each request parameters of its own, which inherit nothing', () => {
    const table = new RouteTable([fakeRoute('a', ['/a'])], exact);
    const [first] = table.find('/a');
    const [second] = table.find('/a');
    expect(first?.params).toEqual({});
    expect(first?.params).not.toBe(second?.params);
    const inherited = ['constructor', 'toString', '__proto__'].filter(
      (name) => name in (first?.params ?? { constructor: 1 }),
    );
    expect(inherited).toEqual([]);
  });

  it('finds the root', () => {
    const table = new RouteTable([fakeRoute('root', ['/'])], loose);
    expect(namesOf(table, '/')).toEqual(['root']);
    expect(namesOf(table, '/a')).toEqual([]);
  });

  it('gives decoded parameters, and wildcards as lists', () => {
    const table = new RouteTable(
      [fakeRoute('room', ['/room/:id']), fakeRoute('files', ['/files/*rest'])],
      exact,
    );
    expect(table.find('/room/caf%C3%A9')).toMatchObject([{ params: { id: 'café' } }]);
    expect(table.find('/files/a/b%20c')).toMatchObject([{ params: { rest: ['a', 'b c'] } }]);
  });

  it('leaves out optional parameters that are not there', () => {
    const table = new RouteTable([fakeRoute('maybe', ['/maybe{/:id}'])], exact);
    expect(table.find('/maybe')[0]?.params).toEqual({});
    expect(table.find('/maybe/1')[0]?.params).toEqual({ id: '1' });
  });

  it('gives the candidates in the order of registration, whatever their form', () => {
    const table = new RouteTable(
      [
        fakeRoute('anything', ['/*rest']),
        fakeRoute('first', ['/room/:id']),
        fakeRoute('second', ['/room/*rest']),
        fakeRoute('live', ['/room/live']),
      ],
      exact,
    );
    expect(namesOf(table, '/room/live')).toEqual(['anything', 'first', 'second', 'live']);
    expect(namesOf(table, '/room/5')).toEqual(['anything', 'first', 'second']);
  });

  it('goes through a controller once for each of its paths', () => {
    const at = (...paths: string[]): ServedPath[] =>
      paths.map((path, controllerPath) => ({ path, version: undefined, controllerPath }));
    const first = fakeRoute('first', at('/a/:id', '/:any/:id'));
    const second = { ...fakeRoute('second', at('/a/b', '/:any/b')), wrapper: first.wrapper };
    const table = new RouteTable([first, second], exact);
    expect(table.find('/a/b').map(({ served }) => served.path)).toEqual([
      '/a/:id',
      '/a/b',
      '/:any/:id',
      '/:any/b',
    ]);
  });

  it('takes another order where one is given', () => {
    const [one, two] = [fakeRoute('one', ['/:id']), fakeRoute('two', ['/a'])];
    const entries = [two, one].flatMap((route) => route.paths.map((served) => ({ route, served })));
    expect(namesOf(new RouteTable([one, two], exact, entries), '/a')).toEqual(['two', 'one']);
  });

  it('reads paths as the platform does', () => {
    const table = new RouteTable([fakeRoute('a', ['/caf\u00e9']), fakeRoute('f', ['/f/*rest'])], {
      ...exact,
      hasEmptyWildcards: true,
      read: (path) => decodeURI(path),
    });
    expect(namesOf(table, '/caf%C3%A9')).toEqual(['a']);
    expect(table.find('/f/')).toMatchObject([{ params: { rest: [''] } }]);
    expect(table.find('/f/a/b')).toMatchObject([{ params: { rest: ['a', 'b'] } }]);
    expect(namesOf(table, '/f')).toEqual([]);
  });

  it('finds routes whose first segment is a parameter', () => {
    const table = new RouteTable([fakeRoute('tenant', ['/:tenant/live'])], exact);
    expect(table.find('/acme/live')).toMatchObject([{ params: { tenant: 'acme' } }]);
  });

  it('passes over parameters that are longer than the platform takes', () => {
    const table = new RouteTable([fakeRoute('room', ['/room/:id'])], exact);
    expect(namesOf(table, `/room/${'x'.repeat(100)}`)).toEqual(['room']);
    expect(namesOf(table, `/room/${'x'.repeat(101)}`)).toEqual([]);
  });

  it('refuses a path that cannot be compiled', () => {
    expect(() => new RouteTable([fakeRoute('bad', ['/a/('])], exact)).toThrow(
      InvalidWebSocketPathException,
    );
  });
});

describe('routes that cannot be told apart', () => {
  const build = (first: Parameters<typeof fakeRoute>[1], second: typeof first, matching = exact) =>
    new RouteTable([fakeRoute('one', first), fakeRoute('two', second)], matching);

  it.each([
    ['the same path', '/a', '/a'],
    ['other names of parameters', '/a/:id', '/a/:name'],
    ['other names in quotation marks', '/a/:id', '/a/:"the id"'],
    ['other names of wildcards', '/a/*rest', '/a/*path'],
    ['other names in optional parts', '/a{/:id}', '/a{/:name}'],
  ])('are refused: %s', (_kind, first, second) => {
    expect(() => build([first], [second])).toThrow(DuplicateWebSocketRouteException);
  });

  it.each([
    ['/a/:id', '/a/*id'],
    ['/a/:id', '/a/id'],
    ['/a', '/a/'],
    ['/a', '/A'],
    ['/a/:from-:to', '/a/:from'],
  ])('are not %s and %s', (first, second) => {
    expect(() => build([first], [second])).not.toThrow();
  });

  it('depend on how the platform reads case and trailing slash', () => {
    expect(() => build(['/a'], ['/A'], loose)).toThrow(DuplicateWebSocketRouteException);
    expect(() => build(['/a'], ['/a/'], loose)).toThrow(DuplicateWebSocketRouteException);
  });

  it('are refused within one list of paths', () => {
    expect(() => new RouteTable([fakeRoute('one', ['/a', '/a'])], exact)).toThrow(
      DuplicateWebSocketRouteException,
    );
  });

  it('are told apart by their versions', () => {
    const at = (version: ServedPath['version']): ServedPath[] => [{ path: '/a', version }];
    expect(() => build(at('1'), at('2'))).not.toThrow();
    expect(() => build(at('1'), at(VERSION_NEUTRAL))).not.toThrow();
    expect(() => build(at(['1', '2']), at(['2', '3']))).toThrow(DuplicateWebSocketRouteException);
    expect(() => build(at(VERSION_NEUTRAL), at(VERSION_NEUTRAL))).toThrow(
      DuplicateWebSocketRouteException,
    );
  });

  it('are told apart by their hosts', () => {
    const hosted = (...hosts: string[]) => fakeRoute(hosts.join(), ['/a'], hosts);
    expect(() => new RouteTable([hosted('x'), hosted('y'), hosted()], exact)).not.toThrow();
    expect(() => new RouteTable([hosted('x', 'y'), hosted('y')], exact)).toThrow(
      DuplicateWebSocketRouteException,
    );
  });
});
