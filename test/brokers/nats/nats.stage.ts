import type {
  BrokerEvents,
  BrokerLink,
  HistoryLimits,
  HistoryStep,
  HistoryStore,
  PresenceStore,
  RoomPosition,
} from 'nestjs-revali-ws';
import { NatsBroker, type NatsBrokerOptions } from 'nestjs-revali-ws/nats';

import { eventually } from '../../support/deadline.js';

export const LIMITS: HistoryLimits = { messages: 50, age: 60_000 };
export const ROOM = 'chat/blue';

/** A link over NATS, with all that it was told. */
export class NatsParty implements BrokerEvents {
  readonly texts: string[] = [];
  readonly steps: (HistoryStep | undefined)[] = [];
  readonly gone: string[] = [];
  /** `lost` and `ready`, in their order. */
  readonly changes: string[] = [];
  /** Done before anything else when the link is back, as a hub would. */
  onBack: () => void = () => undefined;

  static async connect(
    options: NatsBrokerOptions,
    histories: ReadonlyMap<string, HistoryLimits> = new Map([['chat', LIMITS]]),
  ): Promise<NatsParty> {
    const party = new NatsParty();
    const broker = new NatsBroker(options);
    party.opened = await broker.connect(party, { prefix: 'rws', histories });
    return party;
  }

  private opened: BrokerLink | undefined;

  get link(): BrokerLink {
    if (!this.opened) throw new Error('not connected');
    return this.opened;
  }

  get history(): HistoryStore {
    if (!this.link.history) throw new Error('no history');
    return this.link.history;
  }

  get presence(): PresenceStore {
    if (!this.link.presence) throw new Error('no presence');
    return this.link.presence;
  }

  onPacket(_room: string, packet: Buffer, step?: HistoryStep): void {
    this.texts.push(packet.toString());
    this.steps.push(step);
  }

  onLost(): void {
    this.changes.push('lost');
  }

  onReady(): void {
    this.changes.push('ready');
    this.onBack();
  }

  onNodeGone(node: string): void {
    this.gone.push(node);
  }

  async say(text: string): Promise<void> {
    await this.link.publish(ROOM, Buffer.from(text));
  }

  async keep(text: string, id?: string): Promise<RoomPosition> {
    const options = { history: LIMITS, ...(id !== undefined && { id }) };
    const { position } = await this.link.publish(ROOM, Buffer.from(text), options);
    if (!position) throw new Error('no position');
    return position;
  }

  async position(): Promise<RoomPosition> {
    const [position] = await this.history.positions([ROOM]);
    if (!position) throw new Error('no position');
    return position;
  }

  async keptTexts(after?: RoomPosition): Promise<string[]> {
    const { entries } = await this.history.read(ROOM, after, 1000);
    return entries.map(({ packet }) => packet.toString());
  }

  hears(...texts: readonly string[]): Promise<void> {
    return eventually(() => expect(this.texts).toEqual(texts), texts.join(', '));
  }

  until(...changes: readonly string[]): Promise<void> {
    return eventually(
      () => expect(this.changes).toEqual(changes),
      `the link to be ${changes.at(-1)}`,
      20_000,
    );
  }
}
