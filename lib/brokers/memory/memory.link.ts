import type {
  BrokerEvents,
  BrokerLink,
  HistoryStore,
  PresenceStore,
  PublishOptions,
  PublishReceipt,
  RoomKey,
} from '../room.broker.js';
import type { Recipient } from './command.queue.js';
import type { MemoryServer } from './memory.server.js';

const CLOSED = 'This link to the MemoryBroker is closed: connect() gives another one.';
const CUT = 'The MemoryBroker cannot be reached: partition() has cut this link, until heal().';
const FORGOTTEN = 'The MemoryBroker has started again: forget() ends all commands in progress.';

/** One application's link to a {@link MemoryBroker}. */
export class MemoryLink implements BrokerLink, Recipient {
  readonly history: HistoryStore;
  readonly presence: PresenceStore;
  private readonly disconnect: () => void;
  /** Why commands are refused. */
  private obstacle: string | undefined;

  /** @param number The index of its `connect()` call, from 0. */
  constructor(
    private readonly server: MemoryServer,
    readonly events: BrokerEvents,
    readonly number: number,
    private readonly onClose: (link: MemoryLink) => void,
  ) {
    this.disconnect = server.connect(this);
    this.history = this.historyStore();
    this.presence = this.presenceStore();
  }

  /** Resolves when the broker answers. */
  opened(): Promise<void> {
    return this.ask(() => undefined);
  }

  subscribe(rooms: readonly RoomKey[]): Promise<void> {
    return this.ask(() => {
      for (const room of rooms) this.server.subscribe(room, this);
    });
  }

  unsubscribe(rooms: readonly RoomKey[]): Promise<void> {
    return this.ask(() => {
      for (const room of rooms) this.server.unsubscribe(room, this);
    });
  }

  publish(room: RoomKey, packet: Buffer, options: PublishOptions = {}): Promise<PublishReceipt> {
    return this.ask(() => this.server.publish(room, packet, options));
  }

  /** Earlier commands are done first; a broker that does not answer does not hold up the close. */
  async close(): Promise<void> {
    // A link that is cut off meanwhile closes as well.
    if (!this.server.queue.isPaused) await this.opened().catch(() => undefined);
    this.obstacle = CLOSED;
    this.end(CLOSED);
    this.disconnect();
    this.onClose(this);
  }

  cut(): void {
    if (this.obstacle) return;
    this.obstacle = CUT;
    this.end(CUT);
    this.events.onLost();
  }

  heal(): void {
    if (this.obstacle !== CUT) return;
    this.obstacle = undefined;
    this.events.onReady();
  }

  /** The broker restarts: a short interruption. */
  restart(): void {
    if (this.obstacle) return;
    this.end(FORGOTTEN);
    this.events.onLost();
    this.events.onReady();
  }

  private end(why: string): void {
    this.server.queue.discard(this, new Error(why));
    this.server.unsubscribeAll(this);
  }

  private ask<T>(command: () => T): Promise<T> {
    if (this.obstacle) return Promise.reject(new Error(this.obstacle));
    return new Promise<T>((resolve, reject) => {
      const run = (): void => {
        try {
          resolve(command());
        } catch (error) {
          reject(error);
        }
      };
      this.server.queue.add({ from: this, run, refuse: reject });
    });
  }

  private historyStore(): HistoryStore {
    const { server } = this;
    return {
      read: (room, after, limit) => this.ask(() => server.read(room, after, limit)),
      positions: (rooms) => this.ask(() => rooms.map((room) => server.position(room))),
    };
  }

  private presenceStore(): PresenceStore {
    const { presences } = this.server;
    return {
      renew: (node, ms) => this.ask(() => presences.renew(node, ms, this)),
      write: (node, changes) => this.ask(() => presences.write(node, changes, this)),
      writeCount: (node, room, connections) =>
        this.ask(() => presences.writeCount(node, room, connections, this)),
      read: (room) => this.ask(() => presences.read(room)),
      count: (room) => this.ask(() => presences.count(room)),
      leave: (node) => this.ask(() => presences.leave(node)),
    };
  }
}
