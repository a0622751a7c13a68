import {
  Controller,
  Get,
  Module,
  Param,
  UseGuards,
  Version,
  type CanActivate,
  type ControllerOptions,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';

import type { Platform } from './platforms.js';
import { RefusedError } from '../clients/refused-error.js';
import type { RunningApp } from './running-app.js';

/** What a route is declared with; several paths make one route. */
export interface TwinRoute {
  readonly path: string | readonly string[];
  readonly version?: ControllerOptions['version'];
}

/** A controller each of whose routes serves a GET and a WebSocket at once. */
export interface TwinController extends ControllerOptions {
  readonly routes: readonly (string | readonly string[] | TwinRoute)[];
}

/**
 * What a client meets: the guard and the handler by their names, or the status of a refusal. A GET that no route takes
 * may hear of the WebSocket routes (426).
 */
export interface Meeting {
  readonly status: number;
  readonly met: readonly string[];
  readonly params: object;
}

/** What the request that is under way has met. */
const met: string[] = [];

/** Names are those of the controllers by their order, `a`, `b`, …, and of the routes, `a0`, `a1`, … */
export function twinControllers(
  platform: Platform,
  declared: readonly TwinController[],
): Type<unknown>[] {
  return declared.map((controller, index) =>
    twinController(platform, String.fromCodePoint(0x61 + index), controller),
  );
}

/** A module of its own for some controllers. */
export function twinModule(controllers: Type<unknown>[], imports: ModuleMetadata['imports'] = []) {
  @Module({ controllers, imports })
  class TwinModule {}
  return TwinModule;
}

/** One and the same question over HTTP and as an upgrade. */
export async function askBoth(
  app: RunningApp,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ get: Meeting; upgrade: Meeting }> {
  return { get: await askGet(app, path, headers), upgrade: await askUpgrade(app, path, headers) };
}

async function askGet(
  app: RunningApp,
  path: string,
  headers: Record<string, string>,
): Promise<Meeting> {
  met.splice(0);
  const { status, body } = await app.get(path, { headers });
  if (status === 200) return meeting(101, body);
  return meeting(status === 426 ? 404 : status, '{}');
}

async function askUpgrade(
  app: RunningApp,
  path: string,
  headers: Record<string, string>,
): Promise<Meeting> {
  met.splice(0);
  try {
    const client = await app.connect(path, { headers });
    const body = await client.text();
    client.terminate();
    return meeting(101, body);
  } catch (error) {
    if (error instanceof RefusedError) return meeting(error.status, '{}');
    throw error;
  }
}

function meeting(status: number, body: string): Meeting {
  const params: unknown = JSON.parse(body);
  if (typeof params !== 'object' || params === null) throw new Error(`no parameters: ${body}`);
  // Wildcards have no name on Fastify's HTTP side.
  const named = Object.entries(params).filter(([, value]) => !Array.isArray(value));
  return {
    status,
    met: [...met],
    params: Object.fromEntries(named.filter(([name]) => name !== '*')),
  };
}

function twinController(
  platform: Platform,
  name: string,
  { routes, ...options }: TwinController,
): Type<unknown> {
  class TwinsController {}
  for (const [index, route] of routes.entries()) {
    const { path, version } = isRoute(route) ? route : { path: route };
    addTwin(TwinsController.prototype, `${name}${index}`, platform, { path, version });
  }
  const guard: CanActivate = {
    canActivate: () => {
      met.push(`guard ${name}`);
      return true;
    },
  };
  UseGuards(guard)(TwinsController);
  Controller(options)(TwinsController);
  Object.defineProperty(TwinsController, 'name', { value: `${name}Controller` });
  return TwinsController;
}

function addTwin(
  prototype: object,
  name: string,
  platform: Platform,
  { path, version }: { path: string | readonly string[]; version: TwinRoute['version'] },
): void {
  const handler = (params: object): string => {
    met.push(name);
    return JSON.stringify(params);
  };
  const paths = [path].flat();
  Object.defineProperty(prototype, name, { value: handler, configurable: true, writable: true });
  const descriptor = { value: handler };
  Get(paths.flatMap((one) => httpPaths(platform, one)))(prototype, name, descriptor);
  WebSocket(paths, { triggerOnConnect: true })(prototype, name, descriptor);
  if (version !== undefined) Version(version)(prototype, name, descriptor);
  Param()(prototype, name, 0);
}

/** Fastify's router has wildcards without names, and no optional parts. */
function httpPaths(platform: Platform, path: string): string[] {
  if (platform.name === 'express') return [path];
  const plain = path.replace(/\*\w+$/, '*');
  const optional = /\{([^{}]*)\}/.exec(plain);
  if (!optional) return [plain];
  return [plain.replace(optional[0], ''), plain.replace(optional[0], optional[1] ?? '')];
}

function isRoute(route: string | readonly string[] | TwinRoute): route is TwinRoute {
  return typeof route === 'object' && 'path' in route;
}
