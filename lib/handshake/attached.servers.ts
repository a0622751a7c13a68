import { Injectable } from '@nestjs/common';
import type { Server } from 'node:http';
import type { UpgradeListener } from './route.upgrades.js';
import type { WebSocketServers } from './web-socket.servers.js';

/** What `WebSocketServers` stands for, once the application's own server is listened to. */
@Injectable()
export class AttachedServers implements WebSocketServers {
  private listener: UpgradeListener | undefined;

  connect(listener: UpgradeListener): void {
    this.listener = listener;
  }

  attach(server: Server): () => void {
    if (!this.listener)
      throw new Error(
        'WebSocketServers.attach() was called before app.init(). Await app.init() first.',
      );
    return this.listener.attach(server);
  }
}
