import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { RoomKey } from '../room.broker.js';

export interface SubscriptionParts {
  readonly subjectOf: (room: RoomKey) => string;
  readonly onMessage: (room: RoomKey, message: Msg) => void;
  readonly onGone: (room: RoomKey) => void;
  /** The server ends what it has confirmed: the application may not have it any more. */
  readonly onRevoked: (room: RoomKey) => void;
  /** A fault of the application must not end the connection. */
  readonly onFault: (error: unknown) => void;
}

/** What one connection has subscribed, each room by its exact subject. */
export class RoomSubscriptions {
  private readonly byRoom = new Map<RoomKey, Subscription>();
  /** What the server has said of those that it refused. */
  private readonly refusals = new Map<RoomKey, Error>();
  /** Those that the server has not answered yet. */
  private readonly unconfirmed = new Set<RoomKey>();

  constructor(private readonly parts: SubscriptionParts) {}

  has(room: RoomKey): boolean {
    return this.byRoom.has(room);
  }

  add(connection: NatsConnection, rooms: readonly RoomKey[]): void {
    for (const room of rooms) {
      if (this.byRoom.has(room)) continue;
      const subscription = connection.subscribe(this.parts.subjectOf(room), {
        callback: (error, message) => this.take(room, subscription, error, message),
      });
      this.byRoom.set(room, subscription);
      this.unconfirmed.add(room);
    }
  }

  /** @throws What the server has said of rooms that it does not let this application subscribe. */
  assertTaken(rooms: readonly RoomKey[]): void {
    let refusal: Error | undefined;
    for (const room of rooms) {
      refusal ??= this.refusals.get(room);
      this.refusals.delete(room);
      this.unconfirmed.delete(room);
    }
    if (refusal) throw refusal;
  }

  /** The server has refused one of those that it has not answered yet, and does not say which. */
  refuseUnconfirmed(error: Error): void {
    for (const room of this.unconfirmed) {
      this.byRoom.get(room)?.unsubscribe();
      this.forget(room);
      this.refusals.set(room, error);
    }
  }

  remove(rooms: readonly RoomKey[]): void {
    for (const room of rooms) {
      this.byRoom.get(room)?.unsubscribe();
      this.forget(room);
    }
  }

  /** The connection is gone, and they with it. */
  clear(): void {
    for (const room of this.byRoom.keys()) this.forget(room);
    this.refusals.clear();
    this.unconfirmed.clear();
  }

  private forget(room: RoomKey): void {
    this.unconfirmed.delete(room);
    if (this.byRoom.delete(room)) this.parts.onGone(room);
  }

  private take(room: RoomKey, subscription: Subscription, error: Error | null, message: Msg): void {
    if (this.byRoom.get(room) !== subscription) return;
    if (error) {
      const isRevoked = !this.unconfirmed.has(room);
      if (!isRevoked) this.refusals.set(room, error);
      this.forget(room);
      if (isRevoked) this.parts.onRevoked(room);
      return;
    }
    try {
      this.parts.onMessage(room, message);
    } catch (fault) {
      this.parts.onFault(fault);
    }
  }
}
