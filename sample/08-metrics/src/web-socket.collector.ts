import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { RevaliWsMetrics, type RevaliWsMetricsSnapshot } from 'nestjs-revali-ws';
import { Counter, Gauge, type Registry } from 'prom-client';

type Reading = (snapshot: RevaliWsMetricsSnapshot) => number;

const gauges: [name: string, help: string, read: Reading][] = [
  ['ws_connections_open', 'Connections open now', ({ connections }) => connections.open],
  ['ws_messages_queued', 'Messages that wait for a handler', ({ messages }) => messages.queued],
];

const counters: [name: string, help: string, read: Reading][] = [
  ['ws_connections_total', 'Connections opened', ({ connections }) => connections.total],
  [
    'ws_slow_consumers_total',
    'Connections closed for reading too slowly',
    ({ connections }) => connections.slowConsumers,
  ],
  ['ws_messages_received_total', 'Messages received', ({ messages }) => messages.received],
  ['ws_messages_sent_total', 'Messages sent', ({ messages }) => messages.sent],
  [
    'ws_messages_dropped_total',
    'Messages dropped by back-pressure',
    ({ messages }) => messages.dropped,
  ],
  ['ws_messages_handled_total', 'Calls of handlers', ({ messages }) => messages.handled],
  [
    'ws_handler_seconds_total',
    'Time that calls of handlers took',
    ({ messages }) => messages.handlerTime / 1000,
  ],
  ['ws_received_bytes_total', 'Bytes of payloads received', ({ bytes }) => bytes.received],
  ['ws_sent_bytes_total', 'Bytes of frames sent', ({ bytes }) => bytes.sent],
];

/** Reads the counters of the WebSocket routes only when somebody asks for them. */
@Injectable()
export class WebSocketCollector implements OnModuleInit, OnModuleDestroy {
  private release: (() => void) | undefined;

  constructor(private readonly metrics: RevaliWsMetrics) {}

  onModuleInit(): void {
    this.release = this.metrics.measureHandlers();
  }

  onModuleDestroy(): void {
    this.release?.();
  }

  register(registry: Registry): void {
    const { metrics } = this;
    for (const [name, help, read] of gauges) {
      const collect = (): void => gauge.set(read(metrics.snapshot()));
      const gauge = new Gauge({ name, help, registers: [registry], collect });
    }
    for (const [name, help, read] of counters) {
      const collect = (): void => {
        counter.reset();
        counter.inc(read(metrics.snapshot()));
      };
      const counter = new Counter({ name, help, registers: [registry], collect });
    }
    this.registerRefusals(registry);
  }

  /** Each HTTP status has its own label. 0 means that the client left before the answer. */
  private registerRefusals(registry: Registry): void {
    const { metrics } = this;
    const refused = new Counter({
      name: 'ws_handshakes_refused_total',
      help: 'Handshakes refused, by HTTP status',
      labelNames: ['status'],
      registers: [registry],
      collect: () => {
        refused.reset();
        for (const [status, count] of Object.entries(metrics.snapshot().connections.refused))
          refused.inc({ status }, count);
      },
    });
  }
}
