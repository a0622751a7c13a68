import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort, ServerProcess } from './server.process.js';

export interface RedisServerOptions {
  /** Keeps data over a kill: each write is on the disk before it is answered. */
  readonly appendOnly?: boolean;
  /** The port of the server that it copies. */
  readonly replicaOf?: number;
  /** More lines of its configuration, as on the command line. */
  readonly settings?: readonly string[];
}

/** A Redis of its own, on a free port, with its data in a temporary folder. */
export class RedisServer {
  private process: ServerProcess | undefined;

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), 'redis-'));
    const server = new RedisServer(await freePort(), folder, options);
    try {
      await server.restart();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly options: RedisServerOptions,
  ) {}

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Ends it as a power cut does. */
  async kill(): Promise<void> {
    await this.process?.kill('SIGKILL');
  }

  /** On the same port, with the data that it has kept: none without `appendOnly`. */
  async restart(): Promise<void> {
    await this.kill();
    this.process = await ServerProcess.start({
      command: 'redis-server',
      args: this.args(),
      ready: /Ready to accept connections/,
    });
  }

  /** Answers nobody, until `thaw()`. */
  freeze(): void {
    this.process?.freeze();
  }

  thaw(): void {
    this.process?.thaw();
  }

  /** Its data goes too. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private args(): string[] {
    const { appendOnly = false, replicaOf, settings = [] } = this.options;
    const where = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.folder];
    return [
      ...where,
      '--save',
      '',
      ...(appendOnly ? ['--appendonly', 'yes', '--appendfsync', 'always'] : []),
      ...(replicaOf === undefined ? [] : ['--replicaof', '127.0.0.1', `${replicaOf}`]),
      ...settings,
    ];
  }
}
