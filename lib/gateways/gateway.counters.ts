/** What happened on the gateways of one adapter since it was created, and what is the case now. */
export interface GatewaySnapshot {
  /** Connections and upgrades. */
  readonly connections: {
    /** Now. */
    readonly open: number;
    /** Opened since the start. */
    readonly total: number;
    /** Upgrades refused, by HTTP status. */
    readonly refused: Readonly<Record<number, number>>;
    /** Closed with 1008 because they read too slowly. */
    readonly slowConsumers: number;
  };
  /** Messages of all clients. */
  readonly messages: {
    /** Messages that came in, those that nobody could read included. */
    readonly received: number;
    /** Messages that went out, by whatever called `client.send()`. */
    readonly sent: number;
    /** Dropped by the back-pressure policy `'drop'`. */
    readonly dropped: number;
    /** Frames that the message parser could not read. */
    readonly undecodable: number;
    /** Messages that no `@SubscribeMessage()` is for. */
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
