// A Redis of the bench's own, beside the client, so that servers have their core for themselves.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { onClientCore } from './processes.mjs';

/** In milliseconds. */
const POLL = 20;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export class BenchRedis {
  #process;
  #folder;
  #client;

  static async start() {
    const redis = new BenchRedis();
    await redis.#start();
    return redis;
  }

  async #start() {
    this.port = await freePort();
    this.#folder = mkdtempSync(join(tmpdir(), 'bench-redis-'));
    const where = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.#folder];
    const [command, ...args] = onClientCore(['redis-server', ...where, '--save', '']);
    this.#process = spawn(command, args, { stdio: 'ignore' });
    this.#process.on('error', () => undefined);
    process.once('exit', this.#kill);
    this.#client = new Redis(this.port, '127.0.0.1', { retryStrategy: () => POLL });
    this.#client.on('error', () => undefined);
    while ((await this.#client.ping().catch(() => undefined)) !== 'PONG') await sleep(POLL);
  }

  /** What its process has used, in milliseconds. */
  async cpuMs() {
    const info = await this.#client.info('cpu');
    const seconds = (name) => Number(new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]);
    return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1000;
  }

  async end() {
    process.off('exit', this.#kill);
    this.#client.disconnect();
    const gone = once(this.#process, 'exit');
    this.#kill();
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #kill = () => this.#process.kill('SIGKILL');
}
