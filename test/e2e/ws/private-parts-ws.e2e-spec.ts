import { Controller } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { UnsupportedWsVersionException, WebSocket } from 'nestjs-revali-ws';
import { WebSocket as Socket } from 'ws';

import { startApp } from '../../support/apps/app-factory.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

@Controller()
class Echo {
  @WebSocket('echo')
  echo(): void {}
}

@WebSocketGateway({ path: '/gateway' })
class Gateway {}

type Method = (this: object, ...args: unknown[]) => unknown;

function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}

/** Has `ws` open its sockets in another way; what it returns undoes that. */
function afterOpening(change: (socket: object) => void): () => void {
  const original: unknown = Reflect.get(Socket.prototype, 'setSocket');
  if (!isMethod(original)) throw new Error('ws opens its sockets otherwise');
  Reflect.set(Socket.prototype, 'setSocket', function (this: object, ...args: unknown[]) {
    Reflect.apply(original, this, args);
    change(this);
  });
  return () => void Reflect.set(Socket.prototype, 'setSocket', original);
}

const partOf = (socket: object, name: string): object => {
  const part: unknown = Reflect.get(socket, name);
  if (typeof part !== 'object' || part === null) throw new Error(`there is no ${name}`);
  return part;
};

interface Loss {
  readonly part: string;
  readonly lose: (socket: object) => void;
}

const ofReceiver = (part: string, value: unknown): Loss => ({
  part: `_receiver.${part}`,
  lose: (socket) => void Reflect.set(partOf(socket, '_receiver'), part, value),
});

const losses: readonly Loss[] = [
  { part: '_socket', lose: (socket) => void Reflect.set(socket, '_socket', null) },
  {
    part: '_closeFrameReceived',
    lose: (socket) => void Reflect.deleteProperty(socket, '_closeFrameReceived'),
  },
  { part: '_receiver', lose: (socket) => void Reflect.set(socket, '_receiver', undefined) },
  ...['_loop', '_buffers', '_bufferedBytes', '_fragments', 'startLoop'].map((part) =>
    ofReceiver(part, undefined),
  ),
  {
    part: 'decoding that can be held',
    lose: (socket) =>
      Object.defineProperty(partOf(socket, '_receiver'), '_loop', { value: true, writable: false }),
  },
  {
    part: 'listener socketOnEnd',
    lose: (socket) => {
      const stream = partOf(socket, '_socket');
      if ('removeAllListeners' in stream && isMethod(stream.removeAllListeners))
        Reflect.apply(stream.removeAllListeners, stream, ['end']);
    },
  },
];

describe.each(platforms)('a version of ws that lacks what limits rely on, on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(losses)('is refused at start ($part)', async ({ part, lose }) => {
    const undo = afterOpening(lose);
    try {
      for (const start of [
        () => startApp(platform, { controllers: [Echo] }),
        () => startGateways(platform, [Gateway]),
      ]) {
        const error = await start().then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        expect(error).toBeInstanceOf(UnsupportedWsVersionException);
        expect(String(error)).toContain(part);
      }
    } finally {
      undo();
    }
  });

  it('is not the one that is installed', async () => {
    const app = await startApp(platform, { controllers: [Echo], providers: [Gateway] });
    const client = await app.connect('echo');
    expect(client.isOpen).toBe(true);
  });
});
