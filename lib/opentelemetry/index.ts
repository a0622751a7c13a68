/**
 * Spans for connections and messages. Needs `@opentelemetry/api`.
 *
 * @module nestjs-revali-ws/opentelemetry
 */

export { createTracing, type Tracing, type TracingOptions } from './tracing.js';
