import type { ServerResponse } from 'node:http';

import {
  Body,
  Controller,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { UseGuards } from '@nestjs/common';
import { WebSocket, WebSocketConnection } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { collectGarbage } from '../../support/faults/garbage.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

/** The response and the execution contexts of handshakes, held by nobody but the package. */
const seen: { what: string; reference: WeakRef<object> }[] = [];
const see = (what: string, object: object): void =>
  void seen.push({ what, reference: new WeakRef(object) });

@Injectable()
class SeeingGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    see('context', context);
    see("the platform's response", context.switchToHttp().getResponse<object>());
    return true;
  }
}

@Controller()
@UseGuards(SeeingGuard)
class UserController {
  @WebSocket('user')
  user(@Body() _message: string, connection: WebSocketConnection): string {
    return `${String(Reflect.get(connection.request, 'user'))} of ${connection.request.url}`;
  }
}

describe.each(platforms)('an open connection on $name', (platform) => {
  afterEach(closeAllApps);

  it('keeps its request, and nothing else of the handshake', async () => {
    seen.length = 0;
    const app = await startApp(platform, {
      controllers: [UserController],
      configure: (nest) => {
        nest.use((request: object, response: ServerResponse, next: () => void) => {
          see('response', response);
          // The engine of middleware on Fastify keeps its last one for reuse.
          if (platform.name === 'express') see('next', next);
          Reflect.set(request, 'user', 'Ada');
          next();
        });
      },
    });
    const client = await app.connect('user');
    expect(seen.map(({ what }) => what)).toEqual([
      'response',
      ...(platform.name === 'express' ? ['next'] : []),
      'context',
      "the platform's response",
    ]);
    await eventually(() => {
      collectGarbage();
      expect(seen.filter(({ reference }) => reference.deref()).map(({ what }) => what)).toEqual([]);
    }, 'the handshake to be forgotten');
    client.send('');
    const user = platform.name === 'express' ? 'Ada' : 'undefined';
    expect(await client.text()).toBe(`${user} of /user`);
  });
});
