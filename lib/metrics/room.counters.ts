/** Totals of an application's rooms since it started. Counting is free. */
export class RoomCounters {
  broadcasts = 0;
  accepted = 0;
  refused = 0;
  unknown = 0;
  received = 0;
  delivered = 0;
  skipped = 0;
  dropped = 0;
  caughtUp = 0;
  nodeGaps = 0;
  memberGaps = 0;
  recovered = 0;
  fromRing = 0;
  fromBroker = 0;
  notRecovered = 0;
  /** Duration in ms of the last broadcast that took several turns. */
  fanOutLag = 0;
}
