import { SharedClass } from '../handles/shared.class.js';
import type { RoomMetricsSnapshot } from './room.metrics.js';

/** What happened since the application started, and what is the case now. */
export interface RevaliWsMetricsSnapshot {
  /** Connections and handshakes. */
  readonly connections: {
    /** Open now; one that is closing counts until its clean-ups have run. */
    readonly open: number;
    /** Opened since the start. */
    readonly total: number;
    /** Handshakes refused, by HTTP status, unknown paths included; `0`: the client left before it was answered. */
    readonly refused: Readonly<Record<number, number>>;
    /** Closed with 1008 because they read too slowly. */
    readonly slowConsumers: number;
  };
  /** Messages of all connections. */
  readonly messages: {
    /** Taken from the socket, those not yet started included. */
    readonly received: number;
    /** Handed to the socket. */
    readonly sent: number;
    /** Dropped by the back-pressure policy `'drop'`, or received and not started when their connection ended. */
    readonly dropped: number;
    /** Received and not yet started, over all connections, now. */
    readonly queued: number;
    /** Calls of handlers that have ended, failed ones included. */
    readonly handled: number;
    /** Milliseconds of these calls together; measured only while `measureHandlers()` is on. */
    readonly handlerTime: number;
  };
  /** Bytes of these messages. */
  readonly bytes: {
    /** Payloads, after decompression. */
    readonly received: number;
    /** Frames of messages, headers included, before compression. */
    readonly sent: number;
  };
  /** Absent where the application has no kind of rooms, and has asked for no room. */
  readonly rooms?: RoomMetricsSnapshot;
}

/**
 * Counters of the application's WebSocket routes, to be read by a metrics endpoint. Counting is free; nothing is
 * kept per connection or route. A provider to inject.
 */
@SharedClass('RevaliWsMetrics')
export abstract class RevaliWsMetrics {
  /** The counters as they are now. */
  abstract snapshot(): RevaliWsMetricsSnapshot;

  /** Measures how long handlers take, at two readings of the clock for each message. @returns The release. */
  abstract measureHandlers(): () => void;
}
