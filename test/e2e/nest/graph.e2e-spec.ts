import {
  Body,
  Catch,
  Controller,
  Get,
  Injectable,
  Param,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  Version,
  VersioningType,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type INestApplication,
  type NestInterceptor,
  type PipeTransform,
  type VersioningOptions,
} from '@nestjs/common';
import { PartialGraphHost, SerializedGraph } from '@nestjs/core';
import { WebSocket, WebSocketMode } from 'nestjs-revali-ws';

import { createApp } from '../../support/apps/factory-app.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

@Injectable()
class MemberGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

@Injectable()
class TimingInterceptor implements NestInterceptor {
  intercept(_context: unknown, next: CallHandler) {
    return next.handle();
  }
}

@Injectable()
class TrimPipe implements PipeTransform {
  transform(value: unknown): unknown {
    return value;
  }
}

@Injectable()
class RoomPipe extends TrimPipe {}

@Catch()
class QuietFilter implements ExceptionFilter {
  catch(): void {}
}

/** Each pair of methods is the same as an HTTP route and as a WebSocket route. */
@UseGuards(MemberGuard)
@UseInterceptors(new TimingInterceptor())
@Controller({ path: 'chat', version: ['1', '3'] })
class ChatController {
  @Version('2')
  @UseGuards(MemberGuard)
  @UseInterceptors(TimingInterceptor)
  @UsePipes(TrimPipe)
  @UseFilters(QuietFilter, new QuietFilter())
  @Get(['room', 'room/:id'])
  readRoom(@Param('id', RoomPipe) id: string): string {
    return id;
  }
  @Version('2')
  @UseGuards(MemberGuard)
  @UseInterceptors(TimingInterceptor)
  @UsePipes(TrimPipe)
  @UseFilters(QuietFilter, new QuietFilter())
  @WebSocket(['room', 'room/:id'])
  joinRoom(@Param('id', RoomPipe) id: string): string {
    return id;
  }
  @Get('news')
  readNews(@Body() body: unknown): unknown {
    return body;
  }
  @WebSocket('news', { mode: WebSocketMode.receiveOnly })
  postNews(@Body() body: unknown): unknown {
    return body;
  }
}

const counterparts: Record<string, string> = { joinRoom: 'readRoom', postNews: 'readNews' };

interface ShownEntrypoint {
  readonly id?: string;
  readonly type: string;
  readonly className: string;
  readonly methodName: string;
  readonly classNodeId: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

interface ShownEnhancer {
  readonly subtype: string;
  readonly methodKey?: string;
}

const versionings: readonly VersioningOptions[] = [
  { type: VersioningType.URI },
  { type: VersioningType.HEADER, header: 'x-version' },
];

async function start(platform: Platform, snapshot: boolean, versioning?: VersioningOptions) {
  const { app } = await createApp(platform, {
    controllers: [ChatController],
    appOptions: { snapshot },
    configure: (nest) => {
      if (versioning) nest.enableVersioning(versioning);
    },
  });
  return app;
}

const graphOf = (app: INestApplication) => app.get(SerializedGraph).toJSON();

function entrypointsOf(app: INestApplication, type: string): ShownEntrypoint[] {
  const all: ShownEntrypoint[] = Object.values(graphOf(app).entrypoints).flat();
  return all.filter((entrypoint) => entrypoint.type === type);
}

/** As Nest shows the HTTP route that is the same otherwise. */
function asHttp({ mode: _mode, ...metadata }: ShownEntrypoint['metadata']): object {
  return { ...metadata, requestMethod: 'GET' };
}

describe.each(platforms)("Nest's graph of the application on $name", (platform) => {
  afterEach(closeAllApps);

  it.each(versionings)('shows the routes as it shows those of HTTP (versioning %#)', async (by) => {
    const app = await start(platform, true, by);
    const shown = entrypointsOf(app, 'websocket');
    expect(shown.map(({ methodName, metadata }) => [methodName, metadata['mode']])).toEqual(
      by.type === VersioningType.URI
        ? [
            ['joinRoom', 'twoWay'],
            ['joinRoom', 'twoWay'],
            ['postNews', 'receiveOnly'],
            ['postNews', 'receiveOnly'],
          ]
        : [
            ['joinRoom', 'twoWay'],
            ['joinRoom', 'twoWay'],
            ['postNews', 'receiveOnly'],
          ],
    );
    expect(
      shown.map(({ methodName, metadata, className, classNodeId }) => {
        const method = counterparts[methodName];
        return [`${classNodeId}_${method}`, className, classNodeId, method, asHttp(metadata)];
      }),
    ).toEqual(
      entrypointsOf(app, 'http-endpoint').map(
        ({ id, className, classNodeId, methodName, metadata }) => {
          return [id, className, classNodeId, methodName, metadata];
        },
      ),
    );
    for (const { id, classNodeId, methodName } of shown) {
      expect(id).toBe(`${classNodeId}_${methodName}`);
      expect(graphOf(app).nodes[classNodeId]).toMatchObject({ label: 'ChatController' });
    }
  });

  it('shows guards, interceptors, pipes and filters of a route as those of an HTTP route', async () => {
    const graph = graphOf(await start(platform, true));
    const node = Object.values(graph.nodes).find(({ label }) => label === 'ChatController');
    const enhancers: ShownEnhancer[] =
      node && 'enhancers' in node.metadata ? (node.metadata.enhancers ?? []) : [];
    const of = (method: string | undefined) =>
      enhancers
        .filter(({ methodKey }) => methodKey === method)
        .map(({ methodKey: _key, ...enhancer }) => enhancer);
    expect(of(undefined)).toHaveLength(2);
    expect(of('joinRoom')).toHaveLength(6);
    expect(of('joinRoom')).toEqual(of('readRoom'));
  });

  it('is the same at each start', async () => {
    const withoutTimes = (app: INestApplication) =>
      app
        .get(SerializedGraph)
        .toString()
        .replaceAll(/"initTime": [\d.]+/g, '"initTime": 0');
    const [first, second] = [await start(platform, true), await start(platform, true)];
    expect(withoutTimes(second)).toBe(withoutTimes(first));
  });

  it('is empty where nobody asked for it', async () => {
    expect(graphOf(await start(platform, false)).entrypoints).toEqual({});
  });

  it('is partial, with the reason, where an option keeps the application from starting', async () => {
    const failing = createApp(platform, {
      controllers: [ChatController],
      forRoot: { maxPayload: -1 },
      appOptions: { snapshot: true },
    });
    await expect(failing).rejects.toThrow('the option "maxPayload" is -1');
    expect(PartialGraphHost.toJSON()).toMatchObject({
      status: 'partial',
      metadata: { cause: { type: 'unknown', error: await failing.catch((error: Error) => error) } },
    });
  });
});
