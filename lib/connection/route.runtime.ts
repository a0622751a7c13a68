import type { EndingBound } from '../close/ending.bound.js';
import type { CallTracker } from '../message/call.tracker.js';
import type { LoopLimits } from '../message/loop.limits.js';
import type { TurnScheduler } from '../message/turn.scheduler.js';
import type { ConnectionCounters } from '../metrics/connection.counters.js';
import type { ResolvedRouteOptions } from '../options/revali-ws.options.resolver.js';
import type { FlushScheduler } from '../send/frame.writer.js';
import type { OutgoingEncoder, Preparer } from '../send/message.encoder.js';
import type { Beats } from './beats.js';
import type { Heartbeat } from './heartbeat.js';

/** What all connections of a route share. */
export interface RouteRuntime {
  /** Such as `ChatController.join()`, for texts that people read. */
  readonly where: string;
  readonly options: ResolvedRouteOptions;
  readonly loopLimits: LoopLimits;
  /** Milliseconds. */
  readonly closeTimeout: number;
  /** Encodes messages that answer no call. */
  readonly encode: OutgoingEncoder;
  /** Whether each message has a header before it. */
  readonly hasCalls: boolean;
  /** The runtime for clients that want headers. */
  readonly calling: RouteRuntime | undefined;
  readonly prepare: Preparer;
  readonly scheduler: FlushScheduler;
  readonly turns: TurnScheduler;
  readonly calls: CallTracker;
  readonly heartbeat: Heartbeat | undefined;
  readonly beats: Beats | undefined;
  readonly counters: ConnectionCounters;
  readonly endingBound: EndingBound;
  readonly onCleanUpError: (error: unknown) => void;
  readonly logError: (what: string, error: unknown) => void;
  /** For exceptions that only a bug explains; clients may cause many identical ones. */
  readonly logFault: (error: unknown) => void;
}
