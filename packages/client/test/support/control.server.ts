import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import type { BadNetwork } from './bad.network.js';

interface Command {
  readonly command: string;
  readonly args: never[];
}

/** Lets the behaviors of another process do something to the server and the network; and serves pages their script. */
export class ControlServer {
  private constructor(private readonly server: Server) {}

  static async open(network: BadNetwork, script: string): Promise<ControlServer> {
    const server = createServer((request, response) => {
      const answer = async (): Promise<string> => {
        if (request.method === 'GET') {
          response.setHeader('Content-Type', 'text/html');
          return request.url === '/'
            ? `<!doctype html><link rel="icon" href="data:,"><script type="module">${script}</script>`
            : '';
        }
        const { command, args } = JSON.parse(await text(request)) as Command;
        return JSON.stringify((await network.commands[command]?.(...args)) ?? null);
      };
      answer().then(
        (body) => response.end(body),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ControlServer(server);
  }

  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('It is closed.');
    return `http://127.0.0.1:${address.port}/`;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
