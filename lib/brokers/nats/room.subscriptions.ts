import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { RoomKey } from '../room.broker.js';

export interface SubscriptionParts {
  readonly subjectOf: (room: RoomKey) => string;
  readonly onMessage: (room: RoomKey, message: Msg) => void;
  readonly onGone: (room: RoomKey) => void;
  /** The server has ended a subscription that it had confirmed: the application may not have it any more. */
  readonly onRevoked: (room: RoomKey) => void;
  /** An error in the application must not end the connection. */
  readonly onFault: (error: unknown) => void;
}

/** The subscriptions of one connection, each room by its exact subject. */
export class RoomSubscriptions {
  private readonly byRoom = new Map<RoomKey, Subscription>();
  /** The server's errors for rooms that it refused. */
  private readonly refusals = new Map<RoomKey, Error>();
  /** Rooms that the server has not confirmed yet. */
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

  /** @throws The server's error for rooms that this application may not subscribe to. */
  assertTaken(rooms: readonly RoomKey[]): void {
    let refusal: Error | undefined;
    for (const room of rooms) {
      refusal ??= this.refusals.get(room);
      this.refusals.delete(room);
      this.unconfirmed.delete(room);
    }
    if (refusal) throw refusal;
  }

  /** The server has refused one of the unconfirmed rooms, and does not say which. */
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

  /** The connection is gone, and its subscriptions with it. */
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
