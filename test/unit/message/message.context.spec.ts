import { fakeConnection } from '../../../lib/testing/index.js';
import { MessageContext, MessageFilterHost } from '../../../lib/message/message.context.js';

class RoomController {
  say(): string {
    return 'said';
  }
}

const connection = fakeConnection({ id: '1', request: { url: '/room' } });
const client = { request: connection.request, lend: () => connection };
const identity = { controller: RoomController, method: RoomController.prototype.say };
const undecodable = new Error('not JSON');

function contextOf(readBody: () => unknown = () => 'body'): MessageContext {
  return new MessageContext(identity, client, readBody);
}

function filterHostOf(readBody: () => unknown = () => 'body'): MessageFilterHost {
  return new MessageFilterHost(identity, client, readBody);
}

describe.each([
  ['an interceptor', contextOf],
  ['an exception filter', filterHostOf],
])('the context of %s in the message phase', (_whose, create) => {
  it("is of type 'ws', and knows the route", () => {
    const context = create();
    expect(context.getType()).toBe('ws');
    expect(context.getClass()).toBe(RoomController);
    expect(context.getHandler()).toBe(identity.method);
  });

  it('has the connection for a client and the body for data', () => {
    const ws = create().switchToWs();
    expect(ws.getClient()).toBe(connection);
    expect(ws.getData()).toBe('body');
    expect(ws.getPattern()).toBe('');
  });

  it("has the handshake's request, and no response", () => {
    const http = create().switchToHttp();
    expect(http.getRequest()).toBe(connection.request);
    expect(http.getResponse()).toBeUndefined();
    expect(http.getNext()).toBeUndefined();
  });

  it('decodes the body only when somebody asks for it', () => {
    let reads = 0;
    const context = create(() => {
      reads += 1;
      throw undecodable;
    });
    context.switchToHttp().getRequest();
    expect(context.switchToWs().getClient()).toBe(connection);
    expect(context.getArgByIndex(0)).toBe(connection);
    expect(reads).toBe(0);
    expect(() => context.switchToWs().getData<unknown>()).toThrow(undecodable);
  });
});

describe('the arguments', () => {
  it('are the connection and the body', () => {
    const context = contextOf();
    expect(context.getArgs()).toEqual([connection, 'body']);
    expect(context.getArgByIndex(0)).toBe(connection);
    expect(context.getArgByIndex(1)).toBe('body');
    expect(context.getArgByIndex(2)).toBeUndefined();
    expect(context.switchToRpc().getData()).toBe('body');
    expect(context.switchToRpc().getContext()).toBe(connection);
  });

  it('of a filter hold no body, which an HTTP filter would take for a response', () => {
    const host = new MessageFilterHost(identity, client, () => 'body');
    expect(host.getArgs()).toEqual([connection]);
    expect(host.getArgByIndex(1)).toBeUndefined();
    expect(host.switchToWs().getData()).toBe('body');
  });
});
