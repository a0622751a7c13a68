import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { WebSocket } from 'ws';
import { unhandled, type UnhandledRecorder } from '../../support/faults/leaks.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

/** Views whose buffer was handed to a worker, or has become too short for them. */
const lost: Record<string, () => Uint8Array> = {
  'a view of a detached buffer': () => {
    const view = new Uint8Array(8);
    structuredClone(view.buffer, { transfer: [view.buffer] });
    return view;
  },
  'a view beyond a buffer that has shrunk': () => {
    const buffer: unknown = Reflect.construct(ArrayBuffer, [16, { maxByteLength: 16 }]);
    if (!(buffer instanceof ArrayBuffer)) throw new Error('no buffer');
    const view = new Uint8Array(buffer, 8, 8);
    const resize: unknown = Reflect.get(buffer, 'resize');
    if (typeof resize === 'function') Reflect.apply(resize, buffer, [4]);
    return view;
  },
};

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

@WebSocketGateway()
class LosingGateway {
  @SubscribeMessage('return')
  give(_client: WebSocket, name: string): Uint8Array | undefined {
    return lost[name]?.();
  }

  @SubscribeMessage('send')
  send(client: WebSocket, name: string): string {
    try {
      client.send(lost[name]?.() ?? '');
      return 'sent';
    } catch {
      return 'thrown';
    }
  }

  @SubscribeMessage('throw')
  fail(): never {
    throw revoked();
  }

  @SubscribeMessage('echo')
  echo(): string {
    return 'echo';
  }
}

const FAULT = { code: 1011, reason: 'Internal server error' };

describe.each(platforms)('values that cannot be read, of a gateway on $name', (platform) => {
  let recorder: UnhandledRecorder;

  beforeEach(() => {
    recorder = unhandled();
  });

  afterEach(async () => {
    await closeAllApps();
    expect(await recorder.release()).toEqual([]);
  });

  it.each(Object.keys(lost))(
    'close that client alone where they are returned: %s',
    async (name) => {
      const { app } = await startGateways(platform, [LosingGateway]);
      const bystander = await app.connect('/');
      const client = await app.connect('/');
      client.sendJson({ event: 'return', data: name });
      expect(await client.closed).toMatchObject(FAULT);
      bystander.sendJson({ event: 'echo' });
      expect(await bystander.text()).toBe('"echo"');
    },
  );

  it.each(Object.keys(lost))('are thrown to whoever sends them: %s', async (name) => {
    const { app } = await startGateways(platform, [LosingGateway]);
    const client = await app.connect('/');
    client.sendJson({ event: 'send', data: name });
    expect(await client.text()).toBe('"thrown"');
    client.sendJson({ event: 'echo' });
    expect(await client.text()).toBe('"echo"');
  });

  it('are answered where they are thrown', async () => {
    const { app } = await startGateways(platform, [LosingGateway]);
    const client = await app.connect('/');
    client.sendJson({ event: 'throw' });
    expect(await client.closed).toMatchObject(FAULT);
  });
});
