import type { ExecutionContext, NestInterceptor } from '@nestjs/common';
import {
  context,
  propagation,
  SpanKind,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { Observable, takeWhile, tap } from 'rxjs';
import type {
  WebSocketObserver,
  WebSocketObserverContext,
} from '../observers/web-socket.observer.js';
import { recordFailure, recordOutcome } from './span.outcome.js';

/** Options of {@link createTracing}. */
export interface TracingOptions {
  /** Creates the spans. Default: the global tracer provider's tracer for `nestjs-revali-ws`. */
  readonly tracer?: Tracer;
}

/** Use both: the observer creates the spans of connections, the interceptor those of messages. */
export interface Tracing {
  /** For `forRoot({ observers: [..] })`, or `@UseObservers()`. */
  readonly observer: WebSocketObserver;
  /** For `APP_INTERCEPTOR`, `app.useGlobalInterceptors()` or `@UseInterceptors()`. HTTP requests pass through it. */
  readonly interceptor: NestInterceptor;
}

/**
 * Creates a span for each connection, from the upgrade request to its end, including refused ones. Each handler call is
 * a child span, active while pipes, handler, and stream items run. Spans record name, message, and stack of errors, but
 * nothing of payloads, queries, or close reasons.
 */
export function createTracing(options: TracingOptions = {}): Tracing {
  const tracer = options.tracer ?? trace.getTracer('nestjs-revali-ws');
  const spans = new WeakMap<object, Span>();
  return { observer: createObserver(tracer, spans), interceptor: createInterceptor(tracer, spans) };
}

function createObserver(tracer: Tracer, spans: WeakMap<object, Span>): WebSocketObserver {
  return {
    onOpen(opened) {
      const attributes = handshakeAttributes(opened);
      const span = tracer.startSpan(
        `WebSocket ${functionName(opened)}`,
        { kind: SpanKind.SERVER, attributes },
        callerOf(opened),
      );
      spans.set(opened.connection, span);
    },
    onClose({ connection }, outcome) {
      const span = spans.get(connection);
      if (!span) return;
      recordOutcome(span, outcome);
      span.end();
    },
  };
}

function createInterceptor(tracer: Tracer, spans: WeakMap<object, Span>): NestInterceptor {
  return {
    intercept(call, next) {
      const parent = call.getType() === 'ws' && spans.get(call.switchToWs().getClient<object>());
      if (!parent) return next.handle();
      const name = functionName(call);
      const type = call.switchToWs().getPattern();
      const attributes = {
        'code.function.name': name,
        ...(type !== '' && { 'websocket.message.type': type }),
      };
      const surroundings = context.active();
      const span = tracer.startSpan(name, { attributes }, trace.setSpan(surroundings, parent));
      const scope = trace.setSpan(surroundings, span);
      // The handler sees the context that is active here, no matter when it is subscribed to.
      const results = context.with(scope, () => next.handle());
      return traced(results, span, scope);
    },
  };
}

/** Generators run during the subscription, and their `finally` blocks at its end. */
function traced(results: Observable<unknown>, span: Span, scope: Context): Observable<unknown> {
  return new Observable((subscriber) => {
    const source = results.pipe(
      // A source that never waits would not notice that nobody wants more.
      takeWhile(() => !subscriber.closed),
      tap({ error: (error: unknown) => recordFailure(span, error) }),
    );
    const subscription = context.with(scope, () =>
      source.subscribe({
        next: (item) => subscriber.next(item),
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
    return () => {
      try {
        context.with(scope, () => subscription.unsubscribe());
      } finally {
        span.end();
      }
    };
  });
}

/** The parent is an active span (of an HTTP instrumentation); else what the request's headers say. */
function callerOf({ connection }: WebSocketObserverContext): Context {
  const active = context.active();
  return trace.getSpan(active) ? active : propagation.extract(active, connection.request.headers);
}

/** Names follow the semantic conventions for HTTP if there are any. The query is left out: it may hold secrets. */
function handshakeAttributes(opened: WebSocketObserverContext): Attributes {
  const { request } = opened.connection;
  const protocol: unknown = Reflect.get(request, 'protocol');
  return {
    'code.function.name': functionName(opened),
    'http.request.method': 'GET',
    'network.protocol.name': 'websocket',
    'url.path': request.url.split('?', 1)[0],
    ...(typeof protocol === 'string' ? { 'url.scheme': protocol } : {}),
  };
}

function functionName(call: ExecutionContext): string {
  return `${call.getClass().name}.${call.getHandler().name}`;
}
