import { SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';

import { eventually } from '../../deadline.js';
import { httpGet } from '../../clients/http.js';
import { RefusedError } from '../../clients/refused-error.js';
import { TestClient } from '../../clients/test-client.js';
import { gatewayAt } from './classes.js';
import { answerTo, replies, type Behaviour, type GatewayRun } from './run.js';

/** Says which room its client asked for. */
@WebSocketGateway({ path: '/room/:id' })
class RoomGateway {
  handleConnection(client: WebSocket, request: IncomingMessage & { params?: unknown }): void {
    client.send(JSON.stringify(request.params));
  }
}

/** Two gateways that share a server. */
@WebSocketGateway({ path: '/shared' })
class FirstGateway {
  static connections = 0;
  @WebSocketServer() server: unknown;

  handleConnection(): void {
    FirstGateway.connections += 1;
  }

  @SubscribeMessage('both')
  both(): unknown {
    return { event: 'both', data: 'first' };
  }
}
@WebSocketGateway({ path: '/shared' })
class SecondGateway {
  static connections = 0;
  @WebSocketServer() server: unknown;

  handleConnection(): void {
    SecondGateway.connections += 1;
  }

  @SubscribeMessage('both')
  both(): unknown {
    return { event: 'both', data: 'second' };
  }
}

@WebSocketGateway({ namespace: 'room' })
class NamespaceGateway {}

async function twoGateways(
  run: GatewayRun,
  port: number | undefined,
  paths: readonly [string | undefined, string | undefined],
  otherPort = port,
): Promise<unknown> {
  const app = await run.start([
    gatewayAt(port, paths[0], 'one'),
    gatewayAt(otherPort, paths[1], 'two'),
  ]);
  const url = (at: number | undefined, path = ''): string =>
    `ws://127.0.0.1:${at ?? app.port}${path}`;
  const first = await TestClient.connect(url(port, paths[0]));
  const second = await TestClient.connect(url(otherPort, paths[1]));
  return [...(await replies(second, 'push')), ...(await replies(first, 'push'))];
}

const both = [
  { event: 'two', data: 4 },
  { event: 'one', data: 4 },
];

export const serverBehaviours: readonly Behaviour[] = [
  {
    name: "a gateway on the application's server",
    see: async (run) => {
      const app = await run.start([gatewayAt(undefined, undefined)]);
      return replies(await app.connect('/'), 'push');
    },
    expected: [{ event: 'pop', data: 4 }],
  },
  {
    name: 'a gateway with a path, `ws-path` or `/ws-path`',
    see: async (run) => {
      const app = await run.start([
        gatewayAt(undefined, '/ws-path'),
        gatewayAt(undefined, 'other'),
      ]);
      const clients = [await app.connect('/ws-path?token=1'), await app.connect('/other')];
      return Promise.all(clients.map((client) => replies(client, 'push')));
    },
    expected: [[{ event: 'pop', data: 4 }], [{ event: 'pop', data: 4 }]],
  },
  {
    name: 'a gateway on its own port, on every path',
    see: async (run) => {
      const port = await run.port();
      await run.start([gatewayAt(port, undefined)]);
      return replies(await TestClient.connect(`ws://127.0.0.1:${port}/any`), 'push');
    },
    expected: [{ event: 'pop', data: 4 }],
  },
  {
    name: 'two gateways on two ports',
    see: async (run) =>
      twoGateways(run, await run.port(), [undefined, undefined], await run.port()),
    expected: both,
  },
  {
    name: "two gateways on two paths of the application's server",
    see: (run) => twoGateways(run, undefined, ['/one', '/two']),
    expected: both,
  },
  {
    name: 'two gateways on two paths of one port',
    see: async (run) => twoGateways(run, await run.port(), ['/one', '/two']),
    expected: both,
  },
  {
    name: 'two gateways on one path: both get the client and every message',
    see: async (run) => {
      FirstGateway.connections = 0;
      SecondGateway.connections = 0;
      const app = await run.start([FirstGateway, SecondGateway]);
      const client = await app.connect('/shared');
      client.sendJson({ event: 'both' });
      const answers = [await client.text(), await client.text()];
      return [FirstGateway.connections, SecondGateway.connections, answers.toSorted()];
    },
    expected: [1, 1, ['{"event":"both","data":"first"}', '{"event":"both","data":"second"}']],
  },
  {
    name: 'a namespace is refused at startup',
    see: (run) =>
      run.start([NamespaceGateway]).then(
        () => 'started',
        () => 'refused',
      ),
    expected: 'refused',
  },
  {
    name: 'a plain GET on its own port: 426',
    see: async (run) => {
      const port = await run.port();
      await run.start([gatewayAt(port, undefined)]);
      return (await httpGet(port, '/')).status;
    },
    expected: 426,
  },
  {
    name: 'HTTP routes still work: a plain GET of an unknown path is 404',
    see: async (run) => {
      const app = await run.start([gatewayAt(undefined, '/ws-path')]);
      return (await app.get('/ws-path')).status;
    },
    expected: 404,
  },
  {
    name: 'the global prefix is ignored',
    see: async (run) => {
      const app = await run.start([gatewayAt(undefined, '/ws-path')], { prefix: 'api' });
      return replies(await app.connect('/ws-path'), 'push');
    },
    expected: [{ event: 'pop', data: 4 }],
  },
  {
    name: 'path parameters: `path: "/room/:id"`',
    see: async (run) => {
      const app = await run.start([RoomGateway]);
      const client = app.connect('/room/a%20b');
      return client.then(
        (connected) => connected.json(),
        (error: unknown) => (error instanceof RefusedError ? 'refused' : 'cut'),
      );
    },
    expected: { id: 'a b' },
    stock: [{ instead: 'no client connects', seen: 'cut' }],
  },
  {
    name: 'an unknown path: one well-formed 404',
    see: async (run) => {
      const app = await run.start([gatewayAt(undefined, '/ws-path')]);
      return answerTo(app.port, '/elsewhere');
    },
    expected: { statusLine: 'HTTP/1.1 404 Not Found', isJson: true, hasLength: true },
    stock: [
      {
        instead: 'the connection is cut without an answer',
        seen: 'no well-formed HTTP response',
      },
    ],
  },
  {
    name: 'a malformed path: one well-formed 400',
    see: async (run) => {
      const app = await run.start([gatewayAt(undefined, '/ws-path')]);
      return answerTo(app.port, '//');
    },
    expected: { statusLine: 'HTTP/1.1 400 Bad Request', isJson: true, hasLength: true },
    stock: [{ instead: 'half a response', seen: 'no well-formed HTTP response' }],
  },
  {
    name: 'app.close() removes its listeners',
    see: async (run) => {
      const app = await run.start([gatewayAt(undefined, undefined)]);
      await app.close();
      return app.server.listenerCount('upgrade');
    },
    expected: 0,
    stock: [{ nest: 11, instead: 'its listener stays', seen: 1 }],
  },
  {
    name: 'app.close() closes clients with 1001',
    see: async (run) => {
      const app = await run.start([gatewayAt(undefined, undefined)]);
      const client = await app.connect('/');
      await app.close();
      return (await client.closed).code;
    },
    expected: 1001,
    stock: [{ instead: '1006, the connection is cut', seen: 1006 }],
  },
  {
    name: 'app.close() lets a running handler answer',
    see: async (run) => {
      const started: unknown[] = [];
      const app = await run.start([slowGateway(started)]);
      const client = await app.connect('/slow');
      client.sendJson({ event: 'work' });
      await eventually(() => {
        if (started.length === 0) throw new Error('not started');
      }, 'the handler');
      await app.close();
      await client.closed;
      return client.received;
    },
    expected: 1,
    stock: [{ instead: 'the answer is lost', seen: 0 }],
  },
];

function slowGateway(started: unknown[]): new () => unknown {
  @WebSocketGateway({ path: '/slow' })
  class SlowGateway {
    @SubscribeMessage('work')
    async work(): Promise<unknown> {
      started.push(null);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { event: 'done' };
    }
  }
  return SlowGateway;
}
