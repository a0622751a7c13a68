import {
  Get,
  Controller,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
  type VersioningOptions,
} from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';

const greeting = { triggerOnConnect: true } as const;

@Controller({ path: 'chat', version: '1' })
class ChatV1Controller {
  @WebSocket('room', greeting)
  room(): string {
    return 'v1';
  }

  @Version('3')
  @WebSocket('room', greeting)
  third(): string {
    return 'v3, by the method';
  }
}

@Controller({ path: 'chat', version: ['2', '2.1'] })
class ChatV2Controller {
  @WebSocket('room', greeting)
  room(): string {
    return 'v2';
  }
}

@Controller({ path: 'status', version: VERSION_NEUTRAL })
class NeutralController {
  @WebSocket('live', greeting)
  live(): string {
    return 'neutral';
  }
}

@Controller({ path: 'mixed', version: [VERSION_NEUTRAL, '1'] })
class MixedController {
  @Get('page')
  page(): string {
    return 'neutral or 1';
  }

  @WebSocket('live', greeting)
  live(): string {
    return 'neutral or 1';
  }
}

@Controller('plain')
class UnversionedController {
  @WebSocket('live', greeting)
  live(): string {
    return 'unversioned';
  }
}

const controllers = [
  ChatV1Controller,
  ChatV2Controller,
  NeutralController,
  MixedController,
  UnversionedController,
];

function startVersioned(platform: Platform, versioning: VersioningOptions): Promise<RunningApp> {
  return startApp(platform, {
    controllers,
    configure: (nest) => {
      nest.enableVersioning(versioning);
    },
  });
}

async function greetingOf(
  app: RunningApp,
  path: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const client = await app.connect(path, { headers });
  const text = await client.text();
  client.terminate();
  return text;
}

interface Kind {
  kind: string;
  options: VersioningOptions;
  ask: (version: string) => Record<string, string>;
}

const kinds: readonly Kind[] = [
  {
    kind: 'header',
    options: { type: VersioningType.HEADER, header: 'X-Api-Version' },
    ask: (version) => ({ 'x-api-version': version }),
  },
  {
    kind: 'media type',
    options: { type: VersioningType.MEDIA_TYPE, key: 'v=' },
    ask: (version) => ({ accept: `application/json;v=${version}` }),
  },
  {
    kind: 'custom',
    options: { type: VersioningType.CUSTOM, extractor: extractVersion },
    ask: (version) => ({ 'x-wanted': version }),
  },
];

/** As the documentation of Nest writes extractors: the platform's own request comes in. */
function extractVersion(request: unknown): string | string[] {
  if (typeof request !== 'object' || request === null || !('headers' in request)) return '';
  const { headers } = request;
  const wanted: unknown = Reflect.get(Object(headers), 'x-wanted');
  return typeof wanted === 'string' ? wanted.split(' ') : '';
}

describe.each(platforms)('versions in the path on $name', (platform) => {
  afterEach(closeAllApps);

  it('serves each version of a controller and of a method', async () => {
    const app = await startVersioned(platform, { type: VersioningType.URI });
    expect(await greetingOf(app, '/v1/chat/room')).toBe('v1');
    expect(await greetingOf(app, '/v2/chat/room')).toBe('v2');
    expect(await greetingOf(app, '/v2.1/chat/room')).toBe('v2');
    expect(await greetingOf(app, '/v3/chat/room')).toBe('v3, by the method');
    expect(await upgradeStatus(app, '/v4/chat/room')).toBe(404);
    expect(await upgradeStatus(app, '/chat/room')).toBe(404);
  });

  it('serves neutral routes without a version in the path', async () => {
    const app = await startVersioned(platform, { type: VersioningType.URI });
    expect(await greetingOf(app, '/status/live')).toBe('neutral');
    expect(await greetingOf(app, '/mixed/live')).toBe('neutral or 1');
    expect(await greetingOf(app, '/v1/mixed/live')).toBe('neutral or 1');
    expect(await greetingOf(app, '/plain/live')).toBe('unversioned');
  });

  it('gives routes without a version the default one, behind a prefix of choice', async () => {
    const app = await startVersioned(platform, {
      type: VersioningType.URI,
      defaultVersion: ['7', VERSION_NEUTRAL],
      prefix: 'version-',
    });
    expect(await greetingOf(app, '/version-7/plain/live')).toBe('unversioned');
    expect(await greetingOf(app, '/plain/live')).toBe('unversioned');
    expect(await greetingOf(app, '/version-1/chat/room')).toBe('v1');
  });
});

describe.each(platforms)('versions outside the path on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(kinds)('picks the route by the $kind', async ({ options, ask }) => {
    const app = await startVersioned(platform, options);
    expect(await greetingOf(app, '/chat/room', ask('1'))).toBe('v1');
    expect(await greetingOf(app, '/chat/room', ask('2.1'))).toBe('v2');
    expect(await greetingOf(app, '/chat/room', ask('3'))).toBe('v3, by the method');
    expect(await upgradeStatus(app, '/chat/room', { headers: ask('4') })).toBe(404);
    expect(await upgradeStatus(app, '/chat/room')).toBe(404);
  });

  it.each(kinds)('serves neutral routes for any $kind', async ({ kind, options, ask }) => {
    const app = await startVersioned(platform, options);
    expect(await greetingOf(app, '/status/live', ask('4'))).toBe('neutral');
    expect(await greetingOf(app, '/status/live')).toBe('neutral');
    // The extractor gives an empty version, and not none: over HTTP that is a version like any other. So does
    // @nestjs/platform-fastify 11 where there is no Accept.
    const { status } = await app.get('/mixed/page');
    if (kind === 'header') expect(status).toBe(200);
    if (kind === 'custom') expect(status).toBe(404);
    expect(await upgradeStatus(app, '/mixed/live')).toBe(status === 200 ? 101 : 404);
    expect(await greetingOf(app, '/mixed/live', ask('1'))).toBe('neutral or 1');
    expect(await upgradeStatus(app, '/mixed/live', { headers: ask('4') })).toBe(404);
  });

  it.each(kinds)('gives unversioned routes the default version ($kind)', async (tried) => {
    const app = await startVersioned(platform, { ...tried.options, defaultVersion: '7' });
    expect(await greetingOf(app, '/plain/live', tried.ask('7'))).toBe('unversioned');
    expect(await upgradeStatus(app, '/plain/live', { headers: tried.ask('1') })).toBe(404);
  });

  it('follows the order of the extractor or that of the declarations, as the platform does', async () => {
    const [, , custom] = kinds;
    const app = await startVersioned(platform, custom?.options ?? { type: VersioningType.URI });
    const [first, second] = await Promise.all(
      ['9 3 1', '2 1'].map((wanted) => greetingOf(app, '/chat/room', { 'x-wanted': wanted })),
    );
    const isOrdered = platform.name === 'express';
    expect([first, second]).toEqual(isOrdered ? ['v1', 'v1'] : ['v3, by the method', 'v2']);
  });

  it('logs the version of each route', async () => {
    const [byHeader] = kinds;
    const app = await startVersioned(platform, byHeader?.options ?? { type: VersioningType.URI });
    const lines = app.logs.messages('log');
    expect(lines).toContain('Mapped {/chat/room, WS} route (version: 1)');
    expect(lines).toContain('Mapped {/chat/room, WS} route (version: 2, 2.1)');
    expect(lines).toContain('Mapped {/plain/live, WS} route');
  });
});
