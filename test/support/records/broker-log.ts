import type {
  BrokerEvents,
  BrokerLink,
  HistoryStep,
  HistoryStore,
  PresenceStore,
  RoomBroker,
  RoomFilter,
} from 'nestjs-revali-ws';

import { eventually } from '../deadline.js';

export interface LoggedPacket {
  readonly room: string;
  readonly text: string;
  readonly step: HistoryStep | undefined;
}

/** A link to a broker, with all that it was told. */
export class BrokerLog implements BrokerEvents {
  readonly packets: LoggedPacket[] = [];
  readonly lost: (RoomFilter | undefined)[] = [];
  readonly ready: (RoomFilter | undefined)[] = [];
  readonly gone: string[] = [];
  private opened: BrokerLink | undefined;

  static async connect(broker: RoomBroker, prefix = 'test'): Promise<BrokerLog> {
    const log = new BrokerLog();
    log.opened = await broker.connect(log, { prefix });
    return log;
  }

  get link(): BrokerLink {
    if (!this.opened) throw new Error('connect() has not resolved yet');
    return this.opened;
  }

  get history(): HistoryStore {
    const { history } = this.link;
    if (!history) throw new Error('this broker keeps no history');
    return history;
  }

  get presence(): PresenceStore {
    const { presence } = this.link;
    if (!presence) throw new Error('this broker keeps no presence');
    return presence;
  }

  onPacket(room: string, packet: Buffer, step?: HistoryStep): void {
    this.packets.push({ room, text: packet.toString(), step });
  }

  onLost(rooms?: RoomFilter): void {
    this.lost.push(rooms);
  }

  onReady(rooms?: RoomFilter): void {
    this.ready.push(rooms);
  }

  onNodeGone(node: string): void {
    this.gone.push(node);
  }

  textsOf(room: string): string[] {
    return this.packets.filter((packet) => packet.room === room).map(({ text }) => text);
  }

  hears(room: string, texts: readonly string[]): Promise<void> {
    return eventually(() => expect(this.textsOf(room)).toEqual(texts), `${room} to be heard`);
  }

  isLost(times = 1, ms?: number): Promise<void> {
    return eventually(() => expect(this.lost).toHaveLength(times), 'the link to be lost', ms);
  }

  isReady(times = 1, ms?: number): Promise<void> {
    return eventually(() => expect(this.ready).toHaveLength(times), 'the link to be back', ms);
  }

  /** Whether the broker can be reached, the other way round. */
  async close(): Promise<void> {
    await this.opened?.close();
  }
}

/** What became of a publish: its position, or the outcome that its exception tells. */
export async function outcomeOf(publish: Promise<unknown>): Promise<string> {
  try {
    await publish;
    return 'accepted';
  } catch (error) {
    const outcome: unknown = typeof error === 'object' && error && Reflect.get(error, 'outcome');
    return typeof outcome === 'string' ? outcome : `no outcome: ${String(error)}`;
  }
}
