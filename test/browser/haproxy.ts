import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tlsFixture } from '../support/apps/tls-fixture.js';
import { eventually } from '../support/deadline.js';
import { freePort, ServerProcess } from '../support/servers/server.process.js';

/** An HAProxy that ends TLS and speaks both HTTP/2 and HTTP/1.1 to browsers. */
export class Haproxy {
  /** @param options Of the `server` line, such as `proto h2`. */
  static async start(appPort: number, options: string): Promise<Haproxy> {
    const folder = await mkdtemp(join(tmpdir(), 'haproxy-'));
    const port = await freePort();
    const certificate = join(folder, 'app.pem');
    await writeFile(certificate, `${tlsFixture.cert}${tlsFixture.key}`);
    const file = join(folder, 'haproxy.cfg');
    await writeFile(file, configuration({ port, certificate, appPort, options }));
    const server = await ServerProcess.start({
      command: 'haproxy',
      args: ['-V', '-db', '-f', file],
      ready: /polling mechanism/,
    });
    await eventually(() => answers(port), 'HAProxy to listen');
    return new Haproxy(server, port, folder);
  }

  private constructor(
    private readonly server: ServerProcess,
    private readonly port: number,
    private readonly folder: string,
  ) {}

  get url(): string {
    return `https://127.0.0.1:${this.port}/`;
  }

  async stop(): Promise<void> {
    await this.server.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

interface Setting {
  readonly port: number;
  readonly certificate: string;
  readonly appPort: number;
  readonly options: string;
}

/** As in docs/http2.md. */
const configuration = ({ port, certificate, appPort, options }: Setting): string => `
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s

frontend web
  bind 127.0.0.1:${port} ssl crt ${certificate} alpn h2,http/1.1
  option forwardfor
  http-request set-header X-Forwarded-Proto https
  default_backend app

backend app
  timeout tunnel 1h
  server one 127.0.0.1:${appPort} ${options}
`;

function answers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
