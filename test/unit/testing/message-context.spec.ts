import { Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { WebSocketConnection } from 'nestjs-revali-ws';
import { fakeConnection, messageContext } from 'nestjs-revali-ws/testing';

@SetMetadata('area', 'rooms')
class RoomController {
  @SetMetadata('role', 'speaker')
  say(text: string, times: number): string {
    return text.repeat(times);
  }
}

/** As an application has it: metadata, the handshake's user, and the connection. */
@Injectable()
class RoleGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const role = this.reflector.get<string>('role', context.getHandler());
    const { user } = context.switchToHttp().getRequest<{ user?: { role: string } }>();
    if (user?.role === role) return true;
    context.switchToWs().getClient<WebSocketConnection>().close(1008, `You are no ${role}`);
    return false;
  }
}

describe('messageContext()', () => {
  it("is of type 'ws', with a connection and no body, if nothing is said", () => {
    const context = messageContext();
    expect(context.getType()).toBe('ws');
    expect(context.switchToWs().getData()).toBeUndefined();
    expect(context.switchToWs().getClient<WebSocketConnection>().isOpen).toBe(true);
    expect(context.switchToHttp().getRequest()).toEqual({ url: '/', headers: {}, params: {} });
    expect(context.switchToHttp().getResponse()).toBeUndefined();
    expect(typeof context.getClass()).toBe('function');
    expect(typeof context.getHandler()).toBe('function');
  });

  it('gives the body as data, and the connection and the body as arguments', () => {
    const connection = fakeConnection();
    const context = messageContext({ body: { n: 1 }, connection });
    expect(context.switchToWs().getData()).toEqual({ n: 1 });
    expect(context.getArgs()).toEqual([connection, { n: 1 }]);
  });

  it('gives controller and handler, whose metadata is found', () => {
    const context = messageContext({ controller: RoomController, handler: 'say' });
    const reflector = new Reflector();
    expect(context.getClass()).toBe(RoomController);
    expect(context.getHandler()).toBe(RoomController.prototype.say);
    expect(reflector.get('role', context.getHandler())).toBe('speaker');
    expect(reflector.get('area', context.getClass())).toBe('rooms');
  });

  it('refuses a handler that the controller does not have', () => {
    class Broken {
      readonly notAMethod = 1;
    }
    expect(() => messageContext({ controller: Broken, handler: 'notAMethod' })).toThrow(
      'Broken has no method "notAMethod".',
    );
  });

  it('gives the request and the parameters of the handshake', () => {
    const user = { role: 'speaker' };
    const context = messageContext({
      request: { url: '/rooms/7', headers: { host: 'a' }, user },
      params: { id: '7' },
    });
    expect(context.switchToHttp().getRequest()).toEqual({
      url: '/rooms/7',
      headers: { host: 'a' },
      params: { id: '7' },
      user,
    });
    expect(context.switchToWs().getClient<WebSocketConnection>().params).toEqual({ id: '7' });
  });

  it('is enough for a guard', () => {
    const guard = new RoleGuard(new Reflector());
    const contextFor = (role: string) => {
      const connection = fakeConnection({ request: { user: { role } } });
      const context = messageContext({ connection, controller: RoomController, handler: 'say' });
      return { connection, context };
    };
    const speaker = contextFor('speaker');
    expect(guard.canActivate(speaker.context)).toBe(true);
    expect(speaker.connection.closed).toBeUndefined();
    const guest = contextFor('guest');
    expect(guard.canActivate(guest.context)).toBe(false);
    expect(guest.connection.closed).toEqual({ code: 1008, reason: 'You are no speaker' });
  });
});
