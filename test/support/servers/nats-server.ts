import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort, ServerProcess } from './server.process.js';

export interface NatsServerOptions {
  /** Keeps what JetStream keeps over a kill. */
  readonly jetStream?: boolean;
  /** More lines of its configuration. */
  readonly settings?: readonly string[];
}

/** A NATS server of its own, on a free port, with its data in a temporary folder. */
export class NatsServer {
  private process: ServerProcess | undefined;

  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    const folder = mkdtempSync(join(tmpdir(), 'nats-'));
    const server = new NatsServer(await freePort(), folder, options);
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
    private readonly options: NatsServerOptions,
  ) {}

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Ends it as a power cut does. */
  async kill(): Promise<void> {
    await this.process?.kill('SIGKILL');
  }

  /** On the same port, with the data that it has kept. */
  async restart(): Promise<void> {
    await this.kill();
    this.process = await ServerProcess.start({
      command: 'nats-server',
      args: ['-c', this.configuration()],
      ready: /Server is ready/,
    });
  }

  /** What JetStream has kept is gone. */
  async restartEmpty(): Promise<void> {
    await this.kill();
    rmSync(this.store, { recursive: true, force: true });
    await this.restart();
  }

  /** Takes other lines of configuration, while it runs. */
  reload(settings: readonly string[]): void {
    this.configuration(settings);
    this.process?.reload();
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

  private get store(): string {
    return join(this.folder, 'store');
  }

  private configuration(settings = this.options.settings ?? []): string {
    const { jetStream = false } = this.options;
    const file = join(this.folder, 'nats.conf');
    const lines = [
      `listen: "127.0.0.1:${this.port}"`,
      // A message of a mebibyte has headers, too.
      'max_payload: 2097152',
      ...(jetStream ? [`jetstream { store_dir: "${this.store}" }`] : []),
      ...settings,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return file;
  }
}
