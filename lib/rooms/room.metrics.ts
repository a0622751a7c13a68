import type { RoomCounters } from '../metrics/room.counters.js';
import type { RoomMetricsSnapshot } from '../metrics/room.metrics.js';
import type { RoomPresence } from '../presence/room.presence.js';
import type { BrokerSession } from './broker.session.js';
import type { LocalRooms } from './local.rooms.js';
import type { RoomPublisher } from './room.publisher.js';

export interface MetricsParts {
  readonly counters: RoomCounters;
  readonly rooms: LocalRooms;
  readonly session: BrokerSession;
  readonly publisher: RoomPublisher;
  readonly presence: RoomPresence;
}

/** Collects the metrics from all parts. */
export function roomMetricsOf(parts: MetricsParts): RoomMetricsSnapshot {
  const { counters, rooms, session, publisher, presence } = parts;
  const { broadcasts, accepted, refused, unknown, received } = counters;
  const { delivered, skipped, dropped, caughtUp, fanOutLag } = counters;
  const { recovered, fromRing, fromBroker, notRecovered, nodeGaps, memberGaps } = counters;
  const { status, since, reconnects } = session;
  const { subscriptions } = rooms;
  return {
    rooms: rooms.size,
    members: rooms.members,
    broadcasts,
    accepted,
    refused,
    unknown,
    received,
    delivered,
    skipped,
    dropped,
    behind: rooms.behind,
    caughtUp,
    gaps: { node: nodeGaps, member: memberGaps },
    resumes: { recovered, fromRing, fromBroker, failed: notRecovered },
    fanOutLag,
    broker: { status, since, reconnects, subscriptions, pending: publisher.pending },
    presence: presence.metrics,
  };
}
