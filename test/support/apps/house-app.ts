import {
  Body,
  Controller,
  Get,
  Module,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common';
import { CloseWebSocketException, WebSocket } from 'nestjs-revali-ws';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { nestBody, refusedUpgrade } from '../raw/refused-upgrade.js';
import type { RunningApp } from './running-app.js';

/** Milliseconds that the slow guard takes: longer than socket.io leaves strangers alone. */
const SLOW_MS = 1200;

class Door implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
    if (headers['x-slow']) await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    return headers['x-token'] !== 'wrong';
  }
}

@Controller('house')
class HouseController {
  @WebSocket('chat')
  @UseGuards(Door)
  chat(@Body() message: string): string {
    if (message === 'bye') throw new CloseWebSocketException(4001, 'Bye');
    return `house: ${message}`;
  }

  @Get('page')
  page(): string {
    return 'page';
  }
}

/** Our routes, with middleware and a guard, for tests of life beside other WebSocket stacks. */
@Module({ controllers: [HouseController] })
export class HouseModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply((_request: unknown, response: ServerResponse, next: () => void) => {
        response.setHeader('x-house', 'entered');
        next();
      })
      .forRoutes(HouseController);
  }
}

/** A client of our route connects, talks, and is closed with our code; another one closes with its own. */
export async function expectHouse(app: RunningApp): Promise<void> {
  const client = await app.connect('/house/chat');
  expect(client.upgradeHeaders['x-house']).toBe('entered');
  client.send('hi');
  expect(await client.text()).toBe('house: hi');
  client.send('bye');
  expect(await client.closed).toEqual({ code: 4001, reason: 'Bye', wasClean: true });
  const leaver = await app.connect('/house/chat');
  expect(await leaver.close(4100)).toMatchObject({ code: 4100, wasClean: true });
  expect((await app.get('/house/page')).body).toBe('page');
}

/** The guard of our route refuses, past every other stack. */
export async function expectHouseGuarded(app: RunningApp): Promise<void> {
  const { status, headers } = await refusedUpgrade(app, '/house/chat', {
    headers: [['x-token', 'wrong']],
  });
  expect({ status, house: headers['x-house'] }).toEqual({ status: 403, house: ['entered'] });
}

/** A guard that takes its time: nobody else ends the socket meanwhile. */
export async function expectHouseUnhurried(app: RunningApp): Promise<void> {
  const client = await app.connect('/house/chat', { headers: { 'x-slow': 'yes' } });
  client.send('hi');
  expect(await client.text()).toBe('house: hi');
}

/** One well-formed 404, as if nobody else were there. */
export async function expectUnknown(app: RunningApp, path = '/nowhere'): Promise<void> {
  const { status, body } = await refusedUpgrade(app, path);
  expect(status).toBe(404);
  expect(JSON.parse(body)).toEqual(nestBody(404, `Cannot GET ${path}`));
}

/** The server is as it was before us. */
export function expectNoTrace({ server }: RunningApp): void {
  expect(Object.hasOwn(server, 'emit')).toBe(false);
  const ours = Object.getOwnPropertySymbols(server).filter(({ description = '' }) =>
    description.startsWith('nestjs-revali-ws'),
  );
  expect(ours).toEqual([]);
}
