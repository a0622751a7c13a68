import { IncomingMessage, Server } from 'node:http';
import { Socket } from 'node:net';
import { PassThrough, type Duplex } from 'node:stream';
import { UpgradeDispatch, type UpgradeOwner } from '../../../lib/upgrade/upgrade.dispatch.js';

const head = Buffer.alloc(0);

function requestOf(url: string): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.url = url;
  return request;
}

function upgrade(server: Server, url: string, socket: Duplex = new PassThrough()): void {
  server.emit('upgrade', requestOf(url), socket, head);
}

/** Takes one path, and notes what it is told. */
function ownerOf(path: string, log: string[]): UpgradeOwner {
  return {
    onUpgrade: () => void log.push(`${path} heard`),
    tryTake: ({ request: { url } }) => {
      log.push(`${path} asked`);
      return url === path;
    },
    refuseUnclaimed: ({ request: { url } }) => void log.push(`${path} turned ${url} away`),
  };
}

describe('UpgradeDispatch', () => {
  let server: Server;
  let log: string[];

  beforeEach(() => {
    server = new Server();
    log = [];
  });

  it('is one for each server', () => {
    UpgradeDispatch.of(server).add(ownerOf('/a', log));
    expect(UpgradeDispatch.of(server)).toBe(UpgradeDispatch.of(server));
    expect(UpgradeDispatch.of(new Server())).not.toBe(UpgradeDispatch.of(server));
  });

  it('is found by another copy of the package', () => {
    UpgradeDispatch.of(server).add(ownerOf('/a', log));
    const found: unknown = Reflect.get(server, Symbol.for('nestjs-revali-ws:upgrade-dispatch'));
    expect(found).toBe(UpgradeDispatch.of(server));
  });

  it('tells all owners, and asks the newest first until one has taken it', () => {
    UpgradeDispatch.of(server).add(ownerOf('/old', log));
    UpgradeDispatch.of(server).add(ownerOf('/new', log));
    upgrade(server, '/new');
    expect(log).toEqual(['/new heard', '/old heard', '/new asked']);
    log.length = 0;
    upgrade(server, '/old');
    expect(log.slice(2)).toEqual(['/new asked', '/old asked']);
  });

  it('shows listeners what nobody has taken, and nothing else', () => {
    const seen: (string | undefined)[] = [];
    server.on('upgrade', ({ url }) => seen.push(url));
    UpgradeDispatch.of(server).add(ownerOf('/ours', log));
    server.prependListener('upgrade', ({ url }) => seen.push(`first ${url}`));
    upgrade(server, '/ours');
    upgrade(server, '/theirs');
    expect(seen).toEqual(['first /theirs', '/theirs']);
    expect(log).not.toContain('/ours turned /theirs away');
  });

  it('has one that can turn away what nobody wants', () => {
    UpgradeDispatch.of(server).add(ownerOf('/able', log));
    UpgradeDispatch.of(server).add({ tryTake: () => false });
    upgrade(server, '/nowhere');
    expect(log).toContain('/able turned /nowhere away');
  });

  it('answers 404 itself where no owner can', () => {
    UpgradeDispatch.of(server).add({ tryTake: () => false });
    const written: string[] = [];
    const socket = new PassThrough();
    socket.on('data', (chunk: Buffer) => written.push(chunk.toString()));
    upgrade(server, '/nowhere', socket);
    expect(written.join('')).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
    socket.destroy();
  });

  it('leaves all other events alone', () => {
    UpgradeDispatch.of(server).add(ownerOf('/ours', log));
    const seen: unknown[] = [];
    server.on('request', (...values: unknown[]) => seen.push(values));
    expect(server.emit('request', 1, 2)).toBe(true);
    expect(server.emit('clientError', 1)).toBe(false);
    expect(seen).toEqual([[1, 2]]);
    expect(log).toEqual([]);
  });

  it('tells Node that upgrades are handled, as long as there is an owner', () => {
    const release = UpgradeDispatch.of(server).add(ownerOf('/ours', log));
    expect(server.listenerCount('upgrade')).toBe(1);
    release();
    expect(server.listenerCount('upgrade')).toBe(0);
  });

  it('gives the server back with the last release, and not before', () => {
    const keys = Reflect.ownKeys(server).length;
    const releases = ['/a', '/b'].map((path) => UpgradeDispatch.of(server).add(ownerOf(path, log)));
    releases[0]?.();
    releases[0]?.();
    upgrade(server, '/b');
    expect(log).toEqual(['/b heard', '/b asked']);
    releases[1]?.();
    expect(Object.hasOwn(server, 'emit')).toBe(false);
    expect(Reflect.ownKeys(server)).toHaveLength(keys);
  });

  it('gives back an emit() that was replaced before', () => {
    const emit = (): boolean => true;
    Object.assign(server, { emit });
    UpgradeDispatch.of(server).add(ownerOf('/a', log))();
    expect(Reflect.get(server, 'emit')).toBe(emit);
  });

  it('passes everything on where emit() was replaced since, and can begin anew', () => {
    const dispatch = UpgradeDispatch.of(server);
    const release = dispatch.add(ownerOf('/ours', log));
    const wrapped = server.emit.bind(server);
    Object.assign(server, { emit: wrapped });
    release();
    expect(Reflect.get(server, 'emit')).toBe(wrapped);
    const seen: (string | undefined)[] = [];
    server.on('upgrade', ({ url }) => seen.push(url));
    upgrade(server, '/ours');
    expect({ seen, log }).toEqual({ seen: ['/ours'], log: [] });
    dispatch.add(ownerOf('/ours', log));
    upgrade(server, '/ours');
    expect({ seen, log }).toEqual({ seen: ['/ours'], log: ['/ours heard', '/ours asked'] });
  });
});
