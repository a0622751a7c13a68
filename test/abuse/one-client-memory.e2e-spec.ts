import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { sleep, within } from '../support/deadline.js';
import { RawClient } from '../support/raw/raw-client.js';
import { encodeFrame, Opcode } from '../support/raw/raw-frame.js';

const MEGABYTE = 1024 * 1024;
/** 2 × (`maxPayload` + `highWaterMark`), both at their defaults. */
const BOUND = 4 * MEGABYTE;
const ATTACK_MS = 1_500;

const frame = (opcode: number, payload: Buffer, fin = true): Buffer =>
  encodeFrame({ opcode, payload, fin });

const binary = (size: number): Buffer => frame(Opcode.binary, Buffer.alloc(size, 1));
const repeated = (bytes: Buffer, size: number): Buffer =>
  Buffer.concat(Array<Buffer>(Math.ceil(size / bytes.length)).fill(bytes));

/** Costs the server nothing to read, and fills the chunks that Node reads from the socket. */
const padding = repeated(frame(Opcode.pong, Buffer.alloc(125)), 64 * 1024);

interface Attack {
  readonly name: string;
  readonly path: '/echo' | '/stuck' | '/gateway';
  /** Sent once. */
  readonly first?: Buffer;
  /** Sent over and over. */
  readonly flood: Buffer;
  readonly isReading?: boolean;
  /** In pieces of this many bytes, each in a TCP segment of its own. */
  readonly pieces?: number;
  /** Bytes of the answers that calls of a gateway, which run side by side, have under way. */
  readonly answers?: number;
}

const asking = (event: string, data: unknown): Buffer =>
  frame(Opcode.text, Buffer.from(JSON.stringify({ event, data })));

const attacks: Attack[] = [
  {
    name: 'messages of one byte to a stuck handler',
    path: '/stuck',
    flood: repeated(binary(1), 65_536),
  },
  { name: 'messages of 64 KiB to a stuck handler', path: '/stuck', flood: binary(65_536) },
  {
    name: 'messages of the largest size to a stuck handler',
    path: '/stuck',
    flood: binary(MEGABYTE),
  },
  {
    name: 'messages of one byte to a stuck handler, far apart',
    path: '/stuck',
    flood: Buffer.concat([binary(1), padding]),
  },
  {
    name: 'small messages, and no answer read',
    path: '/echo',
    flood: repeated(binary(100), 65_536),
  },
  {
    name: 'messages of the largest size, and no answer read',
    path: '/echo',
    flood: binary(MEGABYTE),
  },
  {
    name: 'a message of the largest size, and then fragments without end, and no answer read',
    path: '/echo',
    first: Buffer.concat([
      repeated(binary(MEGABYTE), 8 * MEGABYTE),
      frame(Opcode.binary, Buffer.alloc(1), false),
    ]),
    flood: repeated(frame(Opcode.continuation, Buffer.alloc(1), false), 65_536),
  },
  {
    name: 'fragments of one byte without end',
    path: '/echo',
    first: frame(Opcode.binary, Buffer.alloc(1), false),
    flood: repeated(frame(Opcode.continuation, Buffer.alloc(1), false), 65_536),
  },
  {
    name: 'fragments of one byte, far apart',
    path: '/echo',
    first: frame(Opcode.binary, Buffer.alloc(1), false),
    flood: Buffer.concat([padding, frame(Opcode.continuation, Buffer.alloc(1), false)]),
    isReading: true,
  },
  {
    name: 'one message of the largest size in TCP segments of one byte',
    path: '/echo',
    first: binary(MEGABYTE).subarray(0, 14),
    flood: Buffer.alloc(1_024),
    pieces: 1,
  },
  {
    name: 'requests for answers of the largest size at a gateway, and none read',
    path: '/gateway',
    flood: repeated(asking('large', MEGABYTE), 65_536),
    answers: 8 * MEGABYTE,
  },
  {
    name: 'messages of the largest size to a stuck handler of a gateway',
    path: '/gateway',
    flood: asking('stuckEvent', 'x'.repeat(MEGABYTE - 64)),
  },
  {
    name: 'pings, and no pong read',
    path: '/echo',
    flood: repeated(frame(Opcode.ping, Buffer.alloc(125)), 65_536),
  },
];

const NOTHING = Buffer.alloc(0);

/** As fast as the server takes it. */
async function pour(
  { socket }: RawClient,
  { first = NOTHING, flood, pieces }: Attack,
): Promise<void> {
  const end = performance.now() + ATTACK_MS;
  const size = pieces ?? flood.length;
  socket.write(first);
  for (let at = 0; performance.now() < end && socket.writable; at = (at + size) % flood.length) {
    if (!socket.writableNeedDrain) socket.write(flood.subarray(at, at + size));
    await (socket.writableNeedDrain ? sleep(5) : new Promise((resolve) => setImmediate(resolve)));
  }
}

describe('the memory that one client can take at default options', () => {
  let server: ChildProcess;
  let port: number;

  /** The next that the server says. */
  const answer = (): Promise<unknown> =>
    within(
      new Promise<unknown>((resolve) => server.once('message', resolve)),
      'the server',
      30_000,
    );
  const numberOf = (message: unknown, key: string): number =>
    Number(typeof message === 'object' && message !== null ? Reflect.get(message, key) : NaN);

  beforeAll(async () => {
    server = fork(join('test', 'abuse', 'memory-server.mjs'), { execArgv: ['--expose-gc'] });
    port = numberOf(await answer(), 'port');
  });

  afterAll(async () => {
    server.disconnect();
    await once(server, 'exit');
  });

  const begin = async (path: string): Promise<RawClient> => {
    const client = await RawClient.open(port);
    client.upgrade(path);
    expect((await client.response()).status).toBe(101);
    client.frame({ opcode: Opcode.ping, payload: 'warm' });
    await client.nextFrame();
    server.send('start');
    await answer();
    return client;
  };

  const bufferedAmount = async (): Promise<number> => {
    server.send('look');
    return numberOf(await answer(), 'bufferedAmount');
  };

  it.each(attacks)('is bounded: $name', async (attack) => {
    const client = await begin(attack.path);
    if (attack.isReading !== true) client.socket.pause();
    await pour(client, attack);
    server.send('stop');
    const growth = numberOf(await answer(), 'growth');
    client.socket.destroy();
    expect(growth).toBeLessThan(BOUND + (attack.answers ?? 0));
  });

  it('is bounded: no answer read, a full queue, and most of a message of the largest size', async () => {
    const client = await begin('/echo');
    client.socket.pause();
    const small = binary(65_536);
    let held = 0;
    while (held < MEGABYTE - small.length) {
      client.socket.write(held === 0 ? repeated(small, 6 * small.length) : small);
      // The first look may come before the message.
      await bufferedAmount();
      held = await bufferedAmount();
    }
    client.socket.write(binary(MEGABYTE));
    client.socket.write(repeated(small, MEGABYTE - small.length));
    client.socket.write(binary(MEGABYTE).subarray(0, MEGABYTE - 16));
    await sleep(500);
    server.send('stop');
    const growth = numberOf(await answer(), 'growth');
    client.socket.destroy();
    expect(growth).toBeLessThan(BOUND);
  });
});
