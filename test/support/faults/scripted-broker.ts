import type {
  BrokerEvents,
  BrokerLink,
  PublishReceipt,
  RoomBroker,
  RoomKey,
} from 'nestjs-revali-ws';

/** A command that is never answered. */
export const never = (): Promise<never> => new Promise<never>(() => undefined);

/** A broker for one application that does what the test says, and tells what it was asked for. */
export class ScriptedBroker implements RoomBroker {
  readonly name = 'ScriptedBroker';
  readonly subscribed = new Set<RoomKey>();
  readonly commands: string[] = [];
  closes = 0;
  onConnect: () => Promise<void> = () => Promise.resolve();
  onSubscribe: (rooms: readonly RoomKey[]) => Promise<void> = () => Promise.resolve();
  onPublish: (room: RoomKey) => Promise<void> = () => Promise.resolve();
  onClose: () => Promise<void> = () => Promise.resolve();
  private events: BrokerEvents | undefined;

  async connect(events: BrokerEvents): Promise<BrokerLink> {
    this.events = events;
    await this.onConnect();
    return {
      subscribe: (rooms) => this.subscribe(rooms),
      unsubscribe: (rooms) => this.unsubscribe(rooms),
      publish: (room, packet) => this.publish(room, packet),
      close: () => this.close(),
    };
  }

  lose(): void {
    this.subscribed.clear();
    this.events?.onLost();
  }

  recover(): void {
    this.events?.onReady();
  }

  private async subscribe(rooms: readonly RoomKey[]): Promise<void> {
    this.commands.push(`subscribe ${rooms.join(' ')}`);
    await this.onSubscribe(rooms);
    for (const room of rooms) this.subscribed.add(room);
  }

  private unsubscribe(rooms: readonly RoomKey[]): Promise<void> {
    this.commands.push(`unsubscribe ${rooms.join(' ')}`);
    for (const room of rooms) this.subscribed.delete(room);
    return Promise.resolve();
  }

  private async publish(room: RoomKey, packet: Buffer): Promise<PublishReceipt> {
    this.commands.push(`publish ${room}`);
    await this.onPublish(room);
    if (this.subscribed.has(room)) this.events?.onPacket(room, packet);
    return {};
  }

  private close(): Promise<void> {
    this.closes += 1;
    return this.onClose();
  }
}
