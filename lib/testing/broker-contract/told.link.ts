import assert from 'node:assert/strict';
import type {
  BrokerEvents,
  BrokerLink,
  HistoryLimits,
  HistoryStep,
  HistoryStore,
  PresenceStore,
  PublishReceipt,
  RoomFilter,
  RoomKey,
  RoomPosition,
} from '../../brokers/room.broker.js';
import { startTimer } from '../../in-process/own.context.js';

/** Milliseconds until an expected packet counts as missing. */
const PATIENCE = 4_000;

export interface ToldPacket {
  readonly room: RoomKey;
  readonly packet: Buffer;
  readonly step: HistoryStep | undefined;
}

/** A link that records everything it receives. */
export class ToldLink implements BrokerEvents {
  readonly told: ToldPacket[] = [];
  readonly gone: string[] = [];
  private readonly goneFrom = new Map<string, Set<RoomFilter | undefined>>();
  /** Called after each packet was recorded. */
  react: (packet: ToldPacket) => void = () => undefined;

  static async open(
    connect: (events: BrokerEvents) => Promise<BrokerLink>,
    isOfCase: (node: string) => boolean,
  ): Promise<ToldLink> {
    const link = new ToldLink(isOfCase);
    link.opened = await connect(link);
    return link;
  }

  private opened: BrokerLink | undefined;

  /** @param isOfCase Tells nodes apart: nodes of another case may end meanwhile, on the same server. */
  private constructor(private readonly isOfCase: (node: string) => boolean) {}

  get link(): BrokerLink {
    assert(this.opened, 'connect() has resolved');
    return this.opened;
  }

  get history(): HistoryStore {
    assert(this.link.history, 'a broker with the capability "history" gives links with `history`');
    return this.link.history;
  }

  get presence(): PresenceStore {
    const { presence } = this.link;
    assert(presence, 'a broker with the capability "presence" gives links with `presence`');
    return presence;
  }

  onPacket(room: RoomKey, packet: Buffer, step?: HistoryStep): void {
    const told = { room, packet, step };
    this.told.push(told);
    this.react(told);
  }

  onLost(): void {
    // A missing packet fails the case.
  }

  onReady(): void {
    // Each case manages its own subscriptions.
  }

  /** Called once for each server. */
  onNodeGone(node: string, rooms?: RoomFilter): void {
    if (!this.isOfCase(node)) return;
    const told = this.goneFrom.get(node) ?? new Set();
    if (told.size === 0 || told.has(rooms)) this.gone.push(node);
    this.goneFrom.set(node, told.add(rooms));
  }

  publish(room: RoomKey, text: string, history?: HistoryLimits): Promise<PublishReceipt> {
    return this.link.publish(room, Buffer.from(text), { history });
  }

  /** Publishes with history. */
  async keep(room: RoomKey, text: string, history: HistoryLimits): Promise<RoomPosition> {
    const { position } = await this.publish(room, text, history);
    assert(position, 'what is published with history has a position');
    return position;
  }

  async positionOf(room: RoomKey): Promise<RoomPosition> {
    const [position] = await this.history.positions([room]);
    assert(position, 'each room has a position');
    return position;
  }

  textsOf(room: RoomKey): string[] {
    return this.told.filter((told) => told.room === room).map(({ packet }) => packet.toString());
  }

  /** Waits until these texts have come in the room, and fails if others have. */
  async hears(room: RoomKey, texts: readonly string[]): Promise<void> {
    await eventually(() => assert(this.textsOf(room).length >= texts.length)).catch(
      () => undefined,
    );
    assert.deepEqual(this.textsOf(room), texts);
  }
}

/** Retries until the check passes; rejects with its last error if it never does in time. */
export async function eventually(check: () => void | Promise<void>): Promise<void> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one try after the other
      await check();
      return;
    } catch (error) {
      if (performance.now() >= end) throw error;
    }
    // oxlint-disable-next-line no-await-in-loop -- a pause between them
    await waiting(5);
  }
}

export const waiting = (ms: number): Promise<void> =>
  new Promise((resolve) => startTimer(resolve, ms));
