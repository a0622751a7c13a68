import { EndingBound } from '../../lib/close/ending.bound.js';
import { Connection } from '../../lib/connection/connection.js';
import { ConnectionCounters } from '../../lib/metrics/connection.counters.js';
import { encoderOf, preparerOf } from '../../lib/send/message.encoder.js';
import { CallTracker } from '../../lib/message/call.tracker.js';
import { loopLimitsOf } from '../../lib/message/loop.limits.js';
import { TurnScheduler } from '../../lib/message/turn.scheduler.js';
import type { WebSocketRouteOptions } from '../../lib/options/revali-ws.options.js';
import { ThrottledLog } from '../../lib/log/throttled.log.js';
import { FlushScheduler } from '../../lib/send/frame.writer.js';
import {
  resolveModuleOptions,
  resolveRouteOptions,
} from '../../lib/options/revali-ws.options.resolver.js';

export interface FakeHandshake {
  url?: string;
  headers?: Record<string, string>;
  params?: Record<string, string>;
  /** Whatever else a platform or middleware puts on the request. */
  extra?: Record<string, unknown>;
}

/** A connection of the library without any socket: whether it was told to stop reading still shows. */
export function fakeConnection(
  handshake: FakeHandshake = {},
  options: WebSocketRouteOptions = {},
): Connection {
  const { url = '/', headers = {}, params = {}, extra = {} } = handshake;
  const resolved = resolveRouteOptions('Fake.route()', options, resolveModuleOptions({}));
  const runtime = {
    where: 'Fake.route()',
    options: resolved,
    loopLimits: loopLimitsOf(resolved, 64),
    closeTimeout: 1000,
    encode: encoderOf(resolved.format),
    hasCalls: false,
    calling: undefined,
    prepare: preparerOf(resolved.format),
    scheduler: new FlushScheduler(),
    turns: new TurnScheduler(),
    calls: new CallTracker(),
    heartbeat: undefined,
    beats: undefined,
    counters: new ConnectionCounters(),
    endingBound: new EndingBound('Fake.route()', 1000, new ThrottledLog(() => undefined)),
    onCleanUpError: () => undefined,
    logError: () => undefined,
    logFault: () => undefined,
  };
  const watcher = { onOutcome: () => undefined, onReleased: () => undefined };
  const request = Object.assign({ url, headers, params }, extra);
  return new Connection(runtime, request, params, watcher);
}
