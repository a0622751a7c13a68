import { context, propagation, trace, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';

import { eventually } from '../deadline.js';

/** A tracer whose spans are kept in memory when they have ended. */
export class TraceLog {
  readonly provider: BasicTracerProvider;
  private readonly exporter = new InMemorySpanExporter();

  constructor() {
    this.provider = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(this.exporter)],
    });
  }

  get tracer(): Tracer {
    return this.provider.getTracer('test');
  }

  /** Spans that have ended, in that order. */
  get spans(): ReadableSpan[] {
    return this.exporter.getFinishedSpans();
  }

  get names(): string[] {
    return this.spans.map(({ name }) => name);
  }

  /** The only span of that name, once it has ended. */
  span(name: string): Promise<ReadableSpan> {
    return eventually(() => {
      const [span, ...more] = this.spans.filter((ended) => ended.name === name);
      if (!span || more.length > 0)
        throw new Error(`${more.length + Number(span !== undefined)}; ended: ${this.names.join()}`);
      return span;
    }, `one span named ${name}`);
  }
}

/** Makes active spans follow asynchronous calls. */
export function enableTracing(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
}

/** For `afterAll`: what OpenTelemetry holds is global. */
export function disableTracing(): void {
  context.disable();
  propagation.disable();
  trace.disable();
}

/** Everything that is exported of a span. */
export function contentOf(span: ReadableSpan): string {
  const { name, attributes, status, links } = span;
  const events = span.events.map((event) => [event.name, event.attributes]);
  return JSON.stringify({ name, attributes, status, events, links });
}
