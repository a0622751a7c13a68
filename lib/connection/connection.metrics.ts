import { Inject, Injectable } from '@nestjs/common';
import { ConnectionCounters } from '../metrics/connection.counters.js';
import type { RevaliWsMetrics, RevaliWsMetricsSnapshot } from '../metrics/revali-ws.metrics.js';
import { RoomHub } from '../rooms/room.hub.js';
import { ConnectionRegistry } from './connection.registry.js';

/** The provider behind `RevaliWsMetrics`. */
@Injectable()
export class ConnectionMetrics implements RevaliWsMetrics {
  constructor(
    @Inject(ConnectionCounters) private readonly counters: ConnectionCounters,
    @Inject(ConnectionRegistry) private readonly connections: ConnectionRegistry,
    @Inject(RoomHub) private readonly hub: RoomHub,
  ) {}

  snapshot(): RevaliWsMetricsSnapshot {
    const { counters, connections } = this;
    const { metrics: rooms } = this.hub;
    return {
      connections: {
        open: connections.size,
        total: counters.opened,
        ...counters.ofHttp2,
        refused: Object.fromEntries(counters.refused),
        slowConsumers: counters.slowConsumers,
      },
      messages: {
        received: counters.received,
        sent: counters.sent,
        dropped: counters.dropped + connections.droppedMessages,
        queued: connections.queuedMessages,
        handled: counters.handled,
        handlerTime: counters.handlerTime,
      },
      bytes: { received: counters.receivedBytes, sent: counters.sentBytes },
      ...(rooms && { rooms }),
    };
  }

  measureHandlers(): () => void {
    return this.counters.measure();
  }
}
