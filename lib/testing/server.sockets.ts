import { Server, type Socket } from 'node:net';

/** The sockets of a server, whatever state their HTTP is in. */
export class ServerSockets {
  private readonly open = new Set<Socket>();
  private isOver = false;

  constructor(private readonly server: Server) {
    server.on('connection', this.onSocket);
  }

  static of(server: unknown): ServerSockets {
    if (server instanceof Server) return new ServerSockets(server);
    throw new TypeError('cluster() needs applications with a server of Node.');
  }

  /** Cuts all of them, and those that still come. */
  async destroy(): Promise<void> {
    this.isOver = true;
    if (this.server.listening) this.server.close();
    await Promise.all([...this.open].map(destroyed));
  }

  release(): void {
    this.server.off('connection', this.onSocket);
    this.open.clear();
  }

  private readonly onSocket = (socket: Socket): void => {
    if (this.isOver) {
      socket.destroy();
      return;
    }
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
  };
}

function destroyed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.destroy();
  });
}
