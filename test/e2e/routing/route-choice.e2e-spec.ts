import { VERSION_NEUTRAL, VersioningType, type INestApplication } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import {
  askBoth,
  twinControllers,
  twinModule,
  type TwinController,
} from '../../support/apps/twins.js';

type Question = string | readonly [path: string, headers: Record<string, string>];

interface Case {
  readonly name: string;
  readonly controllers: readonly TwinController[];
  readonly ask: readonly Question[];
  readonly configure?: (nest: INestApplication) => void;
}

const one = (...routes: TwinController['routes']): TwinController[] => [{ routes }];

const overlaps: readonly Case[] = [
  {
    name: 'a parameter before a path that is written out',
    controllers: one(':id', 'fix'),
    ask: ['/fix', '/x', '/'],
  },
  { name: 'the same the other way round', controllers: one('fix', ':id'), ask: ['/fix', '/x'] },
  {
    name: 'a wildcard before a parameter',
    controllers: one('k/*rest', 'k/:id'),
    ask: ['/k/1', '/k/1/2', '/k/', '/k'],
  },
  {
    name: 'a parameter before a wildcard',
    controllers: one('k/:id', 'k/*rest'),
    ask: ['/k/1', '/k/1/2'],
  },
  {
    name: 'a wildcard for everything first',
    controllers: one('*rest', 'k/:id', 'k/fix'),
    ask: ['/', '/k/1', '/k/fix', '/other'],
  },
  {
    name: 'two parameters before one',
    controllers: one('k/:a/:b', 'k/fix/:b'),
    ask: ['/k/fix/1', '/k/x/1'],
  },
  {
    name: 'parameters at different places',
    controllers: one(':a/b', 'a/:b'),
    ask: ['/a/b', '/x/b', '/a/x', '/x/x'],
  },
  {
    name: 'the same the other way round, three deep',
    controllers: one('a/:b/c', ':a/b/c', 'a/b/:c'),
    ask: ['/a/b/c', '/a/x/c', '/x/b/c', '/a/b/x'],
  },
  {
    name: 'a parameter with text before it',
    controllers: one('v:version', ':id', 'v1'),
    ask: ['/v1', '/v2', '/x', '/v'],
  },
  {
    name: 'a parameter with text behind it',
    controllers: one(':id', ':name.json', 'a.json'),
    ask: ['/a.json', '/b.json', '/b'],
  },
  {
    name: 'two parameters in one segment',
    controllers: one(':id', ':from-:to'),
    ask: ['/a-b', '/a.b', '/a-b-c', '/a'],
  },
  {
    name: 'two parameters around a dot',
    controllers: one(':id', ':a.:b'),
    ask: ['/a.b', '/a-b', '/a.b.c', '/a'],
  },
  {
    name: 'an optional part',
    controllers: one('m{/:id}', 'm/:id/x', 'm/fix'),
    ask: ['/m', '/m/7', '/m/fix', '/m/7/x'],
  },
  {
    name: 'an optional part in the middle',
    controllers: one('a{/:lang}/home', 'a/:x/:y'),
    ask: ['/a/home', '/a/de/home', '/a/b/c', '/a/home/home'],
  },
  {
    name: 'backtracking',
    controllers: one('a/:b/:c/d', 'a/*rest', 'a/b/c'),
    ask: ['/a/b/c/d', '/a/b/c/e', '/a/b/c', '/a/b'],
  },
  { name: 'the same name twice', controllers: one(':a/:a', 'x/:b'), ask: ['/x/y', '/y/z'] },
  {
    name: 'several paths of one method',
    controllers: one([':id', 'x/:id'], ['fix', 'x/fix']),
    ask: ['/fix', '/x/fix', '/y', '/x/y'],
  },
  { name: 'no path and a slash', controllers: one('', 'a'), ask: ['/', '/a', '/b'] },
  {
    name: 'controllers in the order of their declaration',
    controllers: [
      { path: 'k', routes: ['*rest'] },
      { path: 'k', routes: [':id', 'fix'] },
    ],
    ask: ['/k/fix', '/k/1', '/k/1/2', '/k'],
  },
  {
    name: 'controllers with several paths',
    controllers: [
      { path: ['a', ':any'], routes: [':id', 'fix'] },
      { path: ['a/more', 'b'], routes: ['', 'fix'] },
    ],
    ask: ['/a/fix', '/b/fix', '/a/x', '/b/x', '/b', '/a/more', '/a/more/fix'],
  },
  {
    name: 'parameters in the path of the controller',
    controllers: [
      { path: ':tenant', routes: ['home', ':id'] },
      { path: 'admin', routes: ['home', ':id'] },
    ],
    ask: ['/admin/home', '/acme/home', '/admin/1', '/acme/1'],
  },
  {
    name: 'a prefix for all, and what is excluded from it',
    controllers: [
      { path: 'k', routes: [':id', 'fix'] },
      { path: 'api', routes: ['k/out', '*rest'] },
    ],
    configure: (nest) => void nest.setGlobalPrefix('api', { exclude: ['api/k/out'] }),
    ask: ['/api/k/fix', '/api/k/1', '/api/k/out', '/k/fix', '/api/api/x', '/api/api'],
  },
  {
    name: 'what is written otherwise',
    controllers: one('Fix/:id', 'fix/:a/:b', 'fix/a', 'caf\u00e9/:id', 'a b', ':any'),
    ask: [
      '/Fix/1',
      '/fix/1',
      '/FIX/1',
      '/fix/1/',
      '/Fix/A',
      '/caf%C3%A9/1',
      '/caf%c3%a9/1',
      '/a%20b',
      '/x%20y',
      '/x+y',
      '/%C3%A9',
      '/fix/a%40b',
      '/fix/a%3Fb',
      '/fix/a@b',
      '/fix/a;b',
      '/fix/a,b',
      '/fix?x=/other',
      '/fix/',
    ],
  },
];

const twoVersions: readonly TwinController[] = [
  {
    path: 'k',
    routes: [{ path: ':id' }, { path: 'fix', version: '1' }, { path: ':id', version: '1' }],
  },
  { path: 'k', version: '2', routes: ['fix', ':id'] },
  { path: 'k', version: ['3', VERSION_NEUTRAL], routes: ['fix', 'three'] },
  { path: 'k', version: VERSION_NEUTRAL, routes: ['neutral', '*rest'] },
  { path: 'm', version: ['3', VERSION_NEUTRAL], routes: ['live'] },
];

/** Express gives extractors its own request, Fastify that of Node. */
function wantedBy(request: unknown): string | undefined {
  const headers: unknown = Reflect.get(Object(request), 'headers');
  const wanted: unknown = Reflect.get(Object(headers), 'x-version');
  return typeof wanted === 'string' ? wanted : undefined;
}

const versions = [undefined, '1', '2', '3', '4', ''];
const ofVersions = ['/k/fix', '/k/x', '/k/three', '/k/neutral', '/k/a/b', '/m/live'];

const versioned: readonly Case[] = [
  {
    name: 'versions by header',
    controllers: twoVersions,
    configure: (nest) =>
      void nest.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' }),
    ask: ofVersions.flatMap((path) =>
      versions.map((version): Question => [
        path,
        version === undefined ? {} : { 'x-version': version },
      ]),
    ),
  },
  {
    name: 'versions by media type',
    controllers: twoVersions,
    configure: (nest) => void nest.enableVersioning({ type: VersioningType.MEDIA_TYPE, key: 'v=' }),
    ask: ofVersions.flatMap((path) => [
      ...versions.map((version): Question => [
        path,
        version === undefined ? {} : { accept: `application/json;v=${version}` },
      ]),
      [path, { accept: 'application/json' }],
      [path, { accept: 'text/html, application/json;v=2' }],
      [path, { accept: 'application/json;q=1;v=1' }],
    ]),
  },
  ...[
    ['a text', (wanted: string | undefined) => wanted ?? ''],
    ['a list', (wanted: string | undefined) => wanted?.split(' ') ?? []],
  ].map(([kind, read]): Case => ({
    name: `versions by an extractor of ${String(kind)}`,
    controllers: twoVersions,
    configure: (nest) => {
      nest.enableVersioning({
        type: VersioningType.CUSTOM,
        extractor: (request) => (typeof read === 'function' ? read(wantedBy(request)) : ''),
      });
    },
    ask: ofVersions.flatMap((path) =>
      [...versions, '2 1', '9 3 1'].map((version): Question => [
        path,
        version === undefined ? {} : { 'x-version': version },
      ]),
    ),
  })),
  {
    name: 'versions in the path',
    controllers: [
      { path: 'k', version: ['1', VERSION_NEUTRAL], routes: ['fix', ':id'] },
      { path: ':any', version: '2', routes: ['fix', ':id'] },
      { routes: ['v1/:y/:x', ':a/:b/:c'] },
    ],
    configure: (nest) =>
      void nest.enableVersioning({ type: VersioningType.URI, defaultVersion: VERSION_NEUTRAL }),
    ask: ['/k/fix', '/v1/k/fix', '/v2/k/fix', '/v3/k/fix', '/v2/k/1', '/k/1', '/v1/k/1'],
  },
  {
    name: 'a default version',
    controllers: [
      { path: 'k', routes: [':id'] },
      { path: 'k', version: '2', routes: ['fix'] },
    ],
    configure: (nest) =>
      void nest.enableVersioning({
        type: VersioningType.HEADER,
        header: 'X-Version',
        defaultVersion: ['1', '2'],
      }),
    ask: ['/k/fix', '/k/1'].flatMap((path) =>
      ['1', '2', '3'].map((version): Question => [path, { 'x-version': version }]),
    ),
  },
];

const hosted: readonly Case[] = [
  {
    name: 'hosts of controllers, which come first',
    controllers: [
      { host: ':tenant.example.com', path: 'k', routes: [':id'] },
      {
        host: [/^(?<area>\w+)\.example\.net$/, 'a.example.org'],
        path: 'k',
        routes: ['x/fix', 'x/:id'],
      },
      { path: 'k', routes: ['*rest'] },
    ],
    ask: ['/k/1', '/k/x/fix', '/k/x/1', '/k/a/b/c'].flatMap((path) =>
      [
        'acme.example.com',
        'ACME.example.com',
        'eu.example.net',
        'a.example.org',
        'else.example',
      ].map((host): Question => [path, { host }]),
    ),
  },
  {
    name: 'hosts of controllers, which come last',
    controllers: [
      { path: 'k', routes: [':id'] },
      { host: 'a.example.com', path: 'k', routes: ['fix', ':a/:b'] },
      { host: 'b.example.com', path: 'k', routes: ['x/fix'] },
    ],
    ask: ['/k/1', '/k/fix', '/k/x/fix', '/k/x/y'].flatMap((path) =>
      ['a.example.com', 'b.example.com', 'else.example'].map((host): Question => [path, { host }]),
    ),
  },
];

/** Asks each question of both sides; what differs is named with its question. */
async function compare(app: RunningApp, questions: readonly Question[]): Promise<string[]> {
  const reached: string[] = [];
  for (const question of questions) {
    const [path, headers] = typeof question === 'string' ? [question, {}] : question;
    const { get, upgrade } = await askBoth(app, path, headers);
    expect([path, headers, upgrade]).toEqual([path, headers, get]);
    reached.push(...upgrade.met);
  }
  return reached;
}

function start(platform: Platform, { controllers, configure }: Case, setup: AppSetup = {}) {
  return startApp(platform, {
    controllers: twinControllers(platform, controllers),
    ...(configure && { configure }),
    ...setup,
  });
}

describe.each(platforms)(
  'an upgrade is answered by the route that a GET meets on $name',
  (platform) => {
    afterEach(closeAllApps);

    it.each([...overlaps, ...versioned, ...hosted])('with $name', async (given) => {
      const app = await start(platform, given);
      const reached = await compare(app, given.ask);
      expect(reached.length).toBeGreaterThan(0);
    });

    it('with controllers in modules that import each other, some below a path of RouterModule', async () => {
      const [a, b, c] = twinControllers(platform, [
        { path: 'k', routes: [':id'] },
        { path: 'k', routes: ['fix', '*rest'] },
        { routes: ['fix/x', ':any/:id', 'k/:id'] },
      ]);
      if (!a || !b || !c) throw new Error('three were declared');
      const deep = twinModule([b]);
      const middle = twinModule([a], [deep]);
      const routed = twinModule([c]);
      const app = await startApp(platform, {
        imports: [middle, routed, RouterModule.register([{ path: 'k', module: routed }])],
      });
      await compare(app, ['/k/fix', '/k/1', '/k/1/2', '/k/k/1', '/k/fix/x', '/fix', '/k']);
    });

    it('with the strategy of resolution that the application sets, where Nest has one', async () => {
      const strategy = { routeResolutionStrategy: 'specificity', bodyParser: true } as const;
      for (const given of overlaps) {
        const app = await start(platform, given, { appOptions: strategy });
        await compare(app, given.ask);
        await app.close();
      }
    });
  },
);

/** Fastify's types forget it. */
const semicolons = { useSemicolonDelimiter: true, caseSensitive: true } as const;

const readings: readonly { how: string; platform: Platform }[] = [
  {
    how: 'an Express that minds case and slash',
    platform: {
      name: 'express',
      createAdapter: () => {
        const adapter = new ExpressAdapter();
        adapter.set('case sensitive routing', true);
        adapter.set('strict routing', true);
        return adapter;
      },
    },
  },
  {
    how: 'a Fastify that minds neither',
    platform: {
      name: 'fastify',
      createAdapter: () =>
        new FastifyAdapter({ routerOptions: { caseSensitive: false, ignoreTrailingSlash: true } }),
    },
  },
  {
    how: 'a Fastify that ends paths at a semicolon',
    platform: {
      name: 'fastify',
      createAdapter: () => new FastifyAdapter({ routerOptions: semicolons }),
    },
  },
];

describe.each(readings)(
  'an upgrade is answered by the route that a GET meets, with $how',
  ({ platform }) => {
    afterEach(closeAllApps);

    it.each(overlaps)('and $name', async (given) => {
      const app = await start(platform, given);
      const spellings = given.ask.flatMap((question) =>
        typeof question === 'string' && !question.includes('?')
          ? [question, question.toUpperCase(), `${question.replace(/\/$/, '')}/`, `${question};x`]
          : [question],
      );
      await compare(app, spellings);
    });
  },
);
