import { eventually } from '../../deadline.js';
import { hooksGateway, type Calls } from './classes.js';
import type { Behaviour, GatewayRun } from './run.js';

/** One client connects, sends a message and leaves with 4001. */
async function callsOf(run: GatewayRun): Promise<Calls> {
  const calls: Calls = [];
  const app = await run.start([hooksGateway(calls)]);
  const client = await app.connect('/hooks?a=1');
  client.sendJson({ event: 'note', data: 7 });
  await client.json();
  await client.close(4001, 'bye');
  await eventually(() => {
    if (calls.length < 4) throw new Error(JSON.stringify(calls));
  }, 'all hooks');
  return calls;
}

const callOf =
  (hook: string) =>
  async (run: GatewayRun): Promise<unknown> =>
    (await callsOf(run)).find(([name]) => name === hook);

const CLOSED = 3;
const OPEN = 1;

export const hookBehaviours: readonly Behaviour[] = [
  {
    name: 'hooks in order: `afterInit`, `handleConnection`, messages, `handleDisconnect`',
    see: async (run) => (await callsOf(run)).map(([name]) => name),
    expected: ['afterInit', 'handleConnection', 'note', 'handleDisconnect'],
  },
  {
    name: '`afterInit(server)` gets the `@WebSocketServer()`',
    see: callOf('afterInit'),
    expected: ['afterInit', true],
  },
  {
    name: '`handleConnection(client, request)`',
    see: callOf('handleConnection'),
    expected: ['handleConnection', OPEN, '/hooks?a=1'],
  },
  {
    name: '`handleDisconnect(client, code, reason)`',
    see: callOf('handleDisconnect'),
    expected: ['handleDisconnect', CLOSED, 4001, 'bye'],
    stock: [
      { nest: 11, instead: 'only the client', seen: ['handleDisconnect', CLOSED] },
      { nest: 12, instead: 'no reason', seen: ['handleDisconnect', CLOSED, 4001] },
    ],
  },
  {
    name: '`server.clients` for a broadcast',
    see: async (run) => {
      const app = await run.start([hooksGateway([])]);
      const clients = [await app.connect('/hooks'), await app.connect('/hooks')];
      clients[0]?.sendJson({ event: 'shout', data: 'hey' });
      return Promise.all(clients.map((client) => client.text()));
    },
    expected: ['hey', 'hey'],
  },
];
