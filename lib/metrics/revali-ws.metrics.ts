import { SharedClass } from '../handles/shared.class.js';
import type { RoomMetricsSnapshot } from './room.metrics.js';

/** Totals since the application started, and current values. */
export interface RevaliWsMetricsSnapshot {
  /** Connections and handshakes. */
  readonly connections: {
    /** Currently open. A closing connection counts until its clean-ups have run. */
    readonly open: number;
    /** Opened since the start. */
    readonly total: number;
    /** The part of both inside connections of HTTP/2, once there was one; it counts as open until its stream ends. */
    readonly http2?: {
      /** Currently open. */
      readonly open: number;
      /** Opened since the start. */
      readonly total: number;
    };
    /** Refused handshakes by HTTP status, unknown paths included; `0`: the client left before it got an answer. */
    readonly refused: Readonly<Record<number, number>>;
    /** Closed with 1008 because they read too slowly. */
    readonly slowConsumers: number;
  };
  /** Messages of all connections. */
  readonly messages: {
    /** Read from the socket, including those not yet started. */
    readonly received: number;
    /** Passed to the socket. */
    readonly sent: number;
    /** Dropped by the back-pressure policy `'drop'`, or received but not started when their connection ended. */
    readonly dropped: number;
    /** Currently received but not yet started, over all connections. */
    readonly queued: number;
    /** Handler calls that have ended, including failed ones. */
    readonly handled: number;
    /** Total milliseconds of these calls; measured only while `measureHandlers()` is on. */
    readonly handlerTime: number;
  };
  /** Bytes of these messages. */
  readonly bytes: {
    /** Payloads, after decompression. */
    readonly received: number;
    /** Frames of messages, headers included, before compression. */
    readonly sent: number;
  };
  /** Absent if the application has no kind of rooms and has requested no room. */
  readonly rooms?: RoomMetricsSnapshot;
}

/**
 * Counters of the application's WebSocket routes, for a metrics endpoint. Counting is free; nothing is kept per
 * connection or route. Inject it as a provider.
 */
@SharedClass('RevaliWsMetrics')
export abstract class RevaliWsMetrics {
  /** The current counters. */
  abstract snapshot(): RevaliWsMetricsSnapshot;

  /** Measures handler times with two clock readings per message. @returns Stops measuring. */
  abstract measureHandlers(): () => void;
}
