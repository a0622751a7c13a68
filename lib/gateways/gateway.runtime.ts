import { Logger } from '@nestjs/common';
import { HeartbeatPool, type Heartbeat } from '../connection/heartbeat.js';
import { ThrottledLog } from '../log/throttled.log.js';
import { decodeJson } from '../message/message.body.js';
import { TurnScheduler } from '../message/turn.scheduler.js';
import { GatewayCounters } from './gateway.counters.js';
import type { GatewayMessageParser, ResolvedAdapterOptions } from './gateway.options.js';

/** Debug logs about unusable input from clients. The input itself is never shown. */
interface GatewayNotices {
  readonly undecodable: ThrottledLog;
  readonly unknown: ThrottledLog;
  readonly protocol: ThrottledLog;
  /** Exceptions that only a bug explains; these are logged as errors. */
  readonly faults: ThrottledLog;
}

/** What all clients of an adapter share. */
export interface GatewayRuntime {
  readonly options: ResolvedAdapterOptions;
  readonly heartbeat: Heartbeat | undefined;
  readonly counters: GatewayCounters;
  readonly turns: TurnScheduler;
  readonly logger: Logger;
  readonly notices: GatewayNotices;
  parser: GatewayMessageParser;
  /** Whether requests are kept for the life of their clients: each takes more than a kilobyte. */
  keepsRequests: boolean;
}

export function createGatewayRuntime(options: ResolvedAdapterOptions): GatewayRuntime {
  const logger = new Logger('WebSocketGateways');
  const notice = (): ThrottledLog => new ThrottledLog((line) => logger.debug(line));
  return {
    options,
    logger,
    notices: {
      undecodable: notice(),
      unknown: notice(),
      protocol: notice(),
      faults: new ThrottledLog((line) => logger.error(line)),
    },
    heartbeat: new HeartbeatPool().get(options.ping),
    counters: new GatewayCounters(),
    turns: new TurnScheduler(),
    parser: options.messageParser ?? messageParser(options.maxDepth),
    keepsRequests: true,
  };
}

/** Parses `{"event": …, "data": …}`, the form of Nest's `WsAdapter`. */
function messageParser(maxDepth: number): GatewayMessageParser {
  return (frame) => {
    const message = decodeJson(frame.toString(), maxDepth);
    return typeof message === 'object' && message !== null && 'event' in message
      ? message
      : undefined;
  };
}
