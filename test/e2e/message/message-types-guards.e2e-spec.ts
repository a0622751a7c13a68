import {
  Body,
  ForbiddenException,
  Injectable,
  Scope,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { OnConnect, OnMessage, WebSocketConnection, WebSocketController } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

let notes: string[] = [];

function note(name: string, context: ExecutionContext): true {
  const ws = context.getType() === 'ws' ? ` ${context.switchToWs().getPattern()}` : '';
  notes.push(`${name} ${context.getType()}${ws}`);
  return true;
}

const noted = (name: string): CanActivate => ({ canActivate: (context) => note(name, context) });

@Injectable()
class Names {
  readonly allowed = 'Ann';
}

/** With something injected in the controller's own module. */
@Injectable()
class MayWrite implements CanActivate {
  constructor(private readonly names: Names) {}

  canActivate(context: ExecutionContext): boolean {
    note('may write', context);
    const message: { by?: unknown } = context.switchToWs().getData();
    return message.by === this.names.allowed;
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedMayWrite extends MayWrite {
  constructor(names: Names) {
    super(names);
    notes.push('made');
  }
}

@Injectable()
class Door implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    note('class', context);
    const { url } = context.switchToHttp().getRequest<{ url: string }>();
    if (url.includes('throw')) throw new ForbiddenException('Members only');
    return !url.includes('closed');
  }
}

@UseGuards(Door)
@WebSocketController('plain', { errors: 'reply' })
class PlainController {
  @UseGuards(MayWrite)
  @OnMessage(['say', 'shout'])
  say(@Body('type') type: string): { done: string } {
    notes.push(`handler ${type}`);
    return { done: type };
  }

  @OnMessage('read')
  read(): { done: string } {
    return { done: 'read' };
  }

  @UseGuards(noted('rest'))
  @OnMessage()
  other(): { done: string } {
    return { done: 'other' };
  }
}

@UseGuards(noted('class'))
@WebSocketController('each', { guards: 'message' })
class EachController {
  @UseGuards(noted('method'))
  @OnMessage('say')
  say(): { done: string } {
    return { done: 'say' };
  }
}

@WebSocketController('connect')
class ConnectController {
  @UseGuards({ canActivate: (context) => note('connect', context) && false })
  @OnConnect()
  connect(connection: WebSocketConnection): { id: string } {
    return { id: connection.id };
  }
}

@WebSocketController('scoped', { errors: 'reply' })
class ScopedController {
  @UseGuards(ScopedMayWrite)
  @OnMessage('say')
  say(): { done: string } {
    return { done: 'say' };
  }
}

const FORBIDDEN = { error: { statusCode: 403, message: 'Forbidden resource', error: 'Forbidden' } };

describe.each(platforms)('guards of messages by their type on $name', (platform) => {
  beforeEach(() => (notes = []));
  afterEach(closeAllApps);

  const start = () =>
    startApp(platform, {
      controllers: [PlainController, EachController, ConnectController, ScopedController],
      providers: [Names, { provide: APP_GUARD, useValue: noted('global') }],
    });

  it('are asked before each message of their method, and those of the class at the handshake', async () => {
    const app = await start();
    const client = await app.connect('/plain');
    expect(notes).toEqual(['global http', 'class http']);
    client.sendJson({ type: 'say', by: 'Ann' });
    expect(await client.json()).toEqual({ done: 'say' });
    client.sendJson({ type: 'read' });
    expect(await client.json()).toEqual({ done: 'read' });
    client.sendJson({ type: 'shout', by: 'Ann' });
    expect(await client.json()).toEqual({ done: 'shout' });
    client.sendJson({ type: 'whatever' });
    expect(await client.json()).toEqual({ done: 'other' });
    expect(notes.slice(2)).toEqual([
      'may write ws say',
      'handler say',
      'may write ws shout',
      'handler shout',
      'rest ws ',
    ]);
  });

  it('refuse one message and not the next', async () => {
    const app = await start();
    const client = await app.connect('/plain');
    notes = [];
    client.sendJson({ type: 'say', by: 'Bob' });
    expect(await client.json()).toEqual(FORBIDDEN);
    client.sendJson({ type: 'shout' });
    expect(await client.json()).toEqual(FORBIDDEN);
    expect(notes).toEqual(['may write ws say', 'may write ws shout']);
    client.sendJson({ type: 'say', by: 'Ann' });
    expect(await client.json()).toEqual({ done: 'say' });
  });

  it('cannot be got round by the spelling of a type', async () => {
    const app = await start();
    const client = await app.connect('/plain');
    notes = [];
    for (const type of ['Say', 'say ', ['say'], { say: 'say' }, 'say\u0000', 'sa\u200by']) {
      client.sendJson({ type });
      expect(await client.json()).toEqual({ done: 'other' });
    }
    client.send('{"type":"read","type":"say"}');
    expect(await client.json()).toEqual(FORBIDDEN);
    expect(notes.filter((line) => line.startsWith('handler'))).toEqual([]);
  });

  it('of the class refuse the handshake', async () => {
    const app = await start();
    await expect(app.connect('/plain?closed')).rejects.toThrow('403');
    await expect(app.connect('/plain?throw')).rejects.toThrow('Members only');
    expect(notes).not.toContainEqual(expect.stringContaining('ws'));
  });

  it("are all asked before each message with guards: 'message'", async () => {
    const app = await start();
    const client = await app.connect('/each');
    client.sendJson({ type: 'say' });
    expect(await client.json()).toEqual({ done: 'say' });
    const each = ['global', 'class'];
    expect(notes).toEqual([
      ...each.map((by) => `${by} http`),
      ...[...each, 'method'].map((by) => `${by} ws say`),
    ]);
  });

  it('of @OnConnect() are asked before it runs', async () => {
    const app = await start();
    const client = await app.connect('/connect');
    expect(await client.closed).toMatchObject({ code: 1008, reason: 'Forbidden resource' });
    expect(notes).toEqual(['global http', 'connect ws ']);
  });

  it('are made once a connection where they are request-scoped', async () => {
    const app = await start();
    const client = await app.connect('/scoped');
    for (const by of ['Ann', 'Bob']) client.sendJson({ type: 'say', by });
    expect(await client.json()).toEqual({ done: 'say' });
    expect(await client.json()).toEqual(FORBIDDEN);
    expect(notes).toEqual(['made', 'global http', 'may write ws say', 'may write ws say']);
  });
});
