import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

import { eventually, sleep } from '../../support/deadline.js';
import { TcpProxy } from '../../support/faults/tcp-proxy.js';
import { freePort } from '../../support/servers/server.process.js';

let server: Server;
let served: Socket[];
let proxy: TcpProxy;

/** A client, and all that it has heard. */
class Client {
  heard = '';
  isClosed = false;

  constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.heard += chunk.toString();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  static async open(): Promise<Client> {
    const client = new Client(connect(proxy.port, '127.0.0.1'));
    await once(client.socket, 'connect');
    return client;
  }

  hears(text: string): Promise<void> {
    return eventually(() => expect(this.heard).toBe(text), `the client to hear ${text}`);
  }

  closes(): Promise<void> {
    return eventually(() => expect(this.isClosed).toBe(true), 'the client to be closed');
  }
}

beforeEach(async () => {
  served = [];
  server = createServer((socket) => {
    served.push(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  proxy = await TcpProxy.open(port);
});

afterEach(async () => {
  await proxy.close();
  for (const socket of served) socket.destroy();
  server.close();
});

describe('the bad network', () => {
  it('carries bytes both ways', async () => {
    const client = await Client.open();
    client.socket.write('hello');
    await client.hears('hello');
  });

  it('ends one side with the other', async () => {
    const [one, other] = [await Client.open(), await Client.open()];
    await eventually(() => expect(served).toHaveLength(2), 'both to be served');
    one.socket.destroy();
    await eventually(() => expect(served.some(({ destroyed }) => destroyed)).toBe(true), 'its end');
    for (const socket of served) socket.destroy();
    await other.closes();
    expect(proxy.connections).toEqual([]);
  });

  it('cuts, and refuses until it is mended', async () => {
    const client = await Client.open();
    client.socket.write('hello');
    await client.hears('hello');
    proxy.cut();
    await client.closes();
    await new Client(connect(proxy.port, '127.0.0.1')).closes();
    proxy.mend();
    const next = await Client.open();
    next.socket.write('again');
    await next.hears('again');
    expect(proxy.accepted).toBe(3);
  });

  it('swallows answers alone, and lets them through in the end', async () => {
    const client = await Client.open();
    proxy.stall('toClient');
    client.socket.write('hello');
    await eventually(() => expect(served[0]?.bytesRead).toBe(5), 'the server to hear it');
    await sleep(20);
    expect(client.heard).toBe('');
    proxy.mend();
    await client.hears('hello');
    expect(client.isClosed).toBe(false);
  });

  it('takes new connections into its black hole', async () => {
    proxy.stall();
    const client = await Client.open();
    client.socket.write('hello');
    await eventually(() => expect(served).toHaveLength(1), 'a connection');
    await sleep(20);
    expect(served[0]?.bytesRead).toBe(0);
    proxy.mend();
    await client.hears('hello');
  });

  it('leaves a client alone whose server is gone', async () => {
    const client = await Client.open();
    await eventually(() => expect(served).toHaveLength(1), 'a connection');
    proxy.halfOpen();
    await eventually(() => expect(served[0]?.destroyed).toBe(true), 'the end of the server');
    client.socket.write('hello');
    await sleep(20);
    expect(client).toMatchObject({ heard: '', isClosed: false });
    const next = await Client.open();
    next.socket.write('again');
    await next.hears('again');
  });

  it('takes its time, and keeps the order', async () => {
    const client = await Client.open();
    proxy.delay(60);
    const start = performance.now();
    for (const text of ['1', '2', '3']) client.socket.write(text);
    await client.hears('123');
    expect(performance.now() - start).toBeGreaterThanOrEqual(115);
    proxy.mend();
  });

  it('keeps the order of what is on its way when the delay ends', async () => {
    const client = await Client.open();
    proxy.delay(100);
    client.socket.write('1');
    await eventually(() => expect(client.socket.bytesWritten).toBe(1), 'it to be sent');
    await sleep(20);
    proxy.mend();
    client.socket.write('2');
    await client.hears('12');
  });

  it('passes one byte at a time, in both directions', async () => {
    const client = await Client.open();
    const [atServer, atClient]: [number[], number[]] = [[], []];
    await eventually(() => expect(served).toHaveLength(1), 'a connection');
    served[0]?.on('data', ({ length }: Buffer) => atServer.push(length));
    client.socket.on('data', ({ length }: Buffer) => atClient.push(length));
    proxy.trickle();
    client.socket.write('a longer text, which a network may cut anywhere');
    await client.hears('a longer text, which a network may cut anywhere');
    // A busy machine reads several of them at once.
    for (const lengths of [atServer, atClient]) expect(lengths.length).toBeGreaterThan(3);
    proxy.mend();
    client.socket.write('!');
    await eventually(() => expect(client.heard).toMatch(/anywhere!$/), 'the rest');
    expect(atClient.at(-1)).toBe(1);
  });
});
