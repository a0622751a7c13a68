/** Totals of one adapter's gateways since it was created, and current values. */
export interface GatewaySnapshot {
  /** Connections and upgrades. */
  readonly connections: {
    /** Currently open. */
    readonly open: number;
    /** Opened since the start. */
    readonly total: number;
    /** Refused upgrades by HTTP status. */
    readonly refused: Readonly<Record<number, number>>;
    /** Closed with 1008 because they read too slowly. */
    readonly slowConsumers: number;
  };
  /** Messages of all clients. */
  readonly messages: {
    /** Messages received, including those that could not be parsed. */
    readonly received: number;
    /** Messages sent through any call of `client.send()`. */
    readonly sent: number;
    /** Dropped by the back-pressure policy `'drop'`. */
    readonly dropped: number;
    /** Frames that the message parser could not parse. */
    readonly undecodable: number;
    /** Messages without a matching `@SubscribeMessage()`. */
    readonly unknown: number;
  };
}

/** Running totals of one adapter. */
export class GatewayCounters {
  opened = 0;
  received = 0;
  sent = 0;
  dropped = 0;
  slowConsumers = 0;
  undecodable = 0;
  unknown = 0;
  private readonly refused = new Map<number, number>();

  refuse(status: number): void {
    this.refused.set(status, (this.refused.get(status) ?? 0) + 1);
  }

  snapshot(open: number): GatewaySnapshot {
    const { opened, refused, slowConsumers, received, sent, dropped, undecodable, unknown } = this;
    return {
      connections: {
        open,
        total: opened,
        refused: Object.fromEntries(refused),
        slowConsumers,
      },
      messages: { received, sent, dropped, undecodable, unknown },
    };
  }
}
