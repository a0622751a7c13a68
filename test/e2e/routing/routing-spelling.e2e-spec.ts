import { Controller, Get } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express from 'express';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';

/** Each WebSocket route stands beside an HTTP route of the same path, which says how the platform reads it. */
@Controller('Example')
class SiblingsController {
  @WebSocket('live')
  live(): string {
    return 'live';
  }

  @Get('live')
  getLive(): string {
    return 'live';
  }

  @WebSocket('Room/:id')
  room(): string {
    return 'room';
  }

  @Get('Room/:id')
  getRoom(): string {
    return 'room';
  }
}

const spellings = [
  '/Example/live',
  '/example/live',
  '/EXAMPLE/LIVE',
  '/Example/live/',
  '/example/live/',
  '/Example/Room/7',
  '/example/room/7',
  '/Example/Room/7/',
  '/example/room/7/',
];

interface Reading {
  how: string;
  platform: Platform['name'];
  createAdapter: () => AbstractHttpAdapter;
  /** Those of the spellings that the platform takes for the route. */
  taken: readonly string[];
}

const exact = ['/Example/live', '/Example/Room/7'];
const anyCase = [...exact, '/example/live', '/EXAMPLE/LIVE', '/example/room/7'];
const anySlash = [...exact, '/Example/live/', '/Example/Room/7/'];

function expressWith(...settings: string[]): AbstractHttpAdapter {
  const application = express();
  for (const setting of settings) application.enable(setting);
  return new ExpressAdapter(application);
}

const readings: readonly Reading[] = [
  {
    how: 'by default',
    platform: 'express',
    createAdapter: expressWith,
    taken: spellings,
  },
  {
    how: 'with "case sensitive routing"',
    platform: 'express',
    createAdapter: () => expressWith('case sensitive routing'),
    taken: anySlash,
  },
  {
    how: 'with "strict routing"',
    platform: 'express',
    createAdapter: () => expressWith('strict routing'),
    taken: anyCase,
  },
  {
    how: 'with both',
    platform: 'express',
    createAdapter: () => expressWith('case sensitive routing', 'strict routing'),
    taken: exact,
  },
  {
    how: 'by default',
    platform: 'fastify',
    createAdapter: () => new FastifyAdapter(),
    taken: exact,
  },
  {
    how: 'with caseSensitive: false',
    platform: 'fastify',
    createAdapter: () => new FastifyAdapter({ routerOptions: { caseSensitive: false } }),
    taken: anyCase,
  },
  {
    how: 'with ignoreTrailingSlash: true',
    platform: 'fastify',
    createAdapter: () => new FastifyAdapter({ routerOptions: { ignoreTrailingSlash: true } }),
    taken: anySlash,
  },
  {
    how: 'with both',
    platform: 'fastify',
    createAdapter: () =>
      new FastifyAdapter({ routerOptions: { caseSensitive: false, ignoreTrailingSlash: true } }),
    taken: spellings,
  },
];

describe.each(platforms)('case and trailing slash on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(readings.filter((reading) => reading.platform === platform.name))(
    'are read as for HTTP routes $how',
    async ({ createAdapter, taken }) => {
      const app = await startApp(platform, {
        controllers: [SiblingsController],
        adapter: createAdapter(),
      });
      for (const path of spellings) {
        const isTaken = taken.includes(path);
        const { status } = await app.get(path);
        expect([path, status]).toEqual([path, isTaken ? 200 : 404]);
        expect([path, await upgradeStatus(app, path)]).toEqual([path, isTaken ? 101 : 404]);
      }
    },
  );
});
