import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Subscription } from 'rxjs';

import { ALL_NODES, NodesRooms, type NodeEvent } from './nodes.rooms.js';
import { thisNode } from './this.node.js';

/** Milliseconds until a node obeys: the page gets its answer first. */
const LAST_WORDS = 500;

/** The application can listen to a room as well, without any connection. */
@Injectable()
export class NodesService implements OnApplicationBootstrap, OnModuleDestroy {
  private listening: Subscription | undefined;

  constructor(private readonly rooms: NodesRooms) {}

  onApplicationBootstrap(): void {
    const room = this.rooms.at(ALL_NODES);
    // A node does not care about what it missed, so it asks for no history.
    this.listening = room.listen().subscribe({
      next: ({ message }) => obey(message),
      error: () => this.onApplicationBootstrap(),
    });
  }

  onModuleDestroy(): void {
    this.listening?.unsubscribe();
  }

  announce(): Promise<void> {
    return this.rooms.at(ALL_NODES).broadcast({ type: 'up', node: thisNode.name });
  }

  kill(node: string): Promise<void> {
    return this.rooms.at(ALL_NODES).broadcast({ type: 'down', node });
  }
}

function obey({ type, node }: NodeEvent): void {
  if (type !== 'down' || node !== thisNode.name) return;
  // No goodbye to clients or the broker, as in a power failure.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_WORDS);
}
