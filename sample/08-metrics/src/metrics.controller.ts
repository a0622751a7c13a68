import { Controller, Get, Header } from '@nestjs/common';
import { Registry } from 'prom-client';

import { WebSocketCollector } from './web-socket.collector.js';

/** What Prometheus scrapes. Do not expose it to the public. */
@Controller('metrics')
export class MetricsController {
  private readonly registry = new Registry();

  constructor(collector: WebSocketCollector) {
    collector.register(this.registry);
  }

  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  read(): Promise<string> {
    return this.registry.metrics();
  }
}
