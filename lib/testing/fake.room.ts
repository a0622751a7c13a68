import { Observable } from 'rxjs';
import { isSendableCloseCode } from '../close/close.code.js';
import { NoPresenceException } from '../errors/presence.exceptions.js';
import { InvalidCloseCodeException } from '../errors/revali-ws.exceptions.js';
import {
  MessageTooLargeException,
  NoHistoryException,
  RoomForbiddenException,
  RoomGapException,
} from '../errors/room.exceptions.js';
import { WebSocketConnection } from '../handles/connection.handles.js';
import type { Present, PresenceChange, PresenceCount } from '../handles/presence.handle.js';
import {
  Room,
  type Accepted,
  type BroadcastOptions,
  type ExpelClose,
  type ExpelTarget,
  type HistoryQuery,
  type JoinOptions,
  type Membership,
  type RoomClient,
  type RoomHistory,
  type RoomRecord,
} from '../handles/room.handle.js';
import { writeCard } from '../presence/member.card.js';
import type { RoomKind } from '../rooms/room.kind.js';
import { byteLengthOf } from '../send/payload.js';
import { copied } from './fake.connection.js';
import { FakeHistory, type FakeEntry } from './fake.history.js';
import { FakePresence } from './fake.presence.js';

/** A broadcast, as given to a {@link FakeRoom}. */
export interface SentBroadcast<TMessage = unknown> {
  /** Bytes are copied. */
  readonly message: TMessage;
  /** As given. */
  readonly options?: BroadcastOptions;
}

/** An expulsion from a {@link FakeRoom}. */
export type Expelled = ExpelTarget & {
  /** Present if they were also closed. */
  readonly close?: ExpelClose;
};

const ACCEPTED: Accepted = { scope: 'all' };

/**
 * A room without an application, for unit tests. Its members are fake connections, which get broadcasts at once. It
 * refuses whatever a room of its kind would refuse.
 */
export class FakeRoom<TMessage = unknown> extends Room<TMessage> {
  /** Broadcasts that were accepted. */
  readonly sent: SentBroadcast<TMessage>[] = [];
  /** Everyone who was expelled, whether a member or not. */
  readonly expelled: Expelled[] = [];
  private readonly members = new Set<WebSocketConnection<object>>();
  private readonly listeners = new Set<(record: RoomRecord<TMessage>) => void>();
  private readonly accepted = new Map<string, Accepted>();
  private readonly people = new FakePresence();
  private readonly kept: FakeHistory<TMessage>;

  /** @internal Made by `fakeRoom()` and `fakeRooms()`. */
  constructor(
    /** The name within its kind. */
    readonly name: string,
    private readonly kind: RoomKind,
  ) {
    super();
    this.kept = new FakeHistory(kind.history?.messages ?? 0);
  }

  override get local(): Iterable<WebSocketConnection<object>> {
    return this.members;
  }

  override broadcast(
    message: TMessage,
    options: BroadcastOptions & { readonly receipt: true },
  ): Promise<Accepted>;
  override broadcast(message: TMessage, options?: BroadcastOptions): Promise<void>;
  override broadcast(message: TMessage, options?: BroadcastOptions): Promise<Accepted | void> {
    const told = Promise.resolve().then(() => this.accept(message, options));
    told.catch(() => undefined);
    return told;
  }

  override async join(
    client: RoomClient,
    options: JoinOptions = {},
  ): Promise<Membership<TMessage>> {
    const connection = assertConnection(client);
    const { after, replay = 0 } = options;
    if (after !== undefined || replay > 0) this.assertHistory('join()');
    if (!(await this.kind.authorize(connection, this.name))) throw new RoomForbiddenException();
    this.describe(connection, options);
    const missed = after === undefined ? this.kept.newest(replay) : this.kept.after(after);
    if (!this.members.has(connection)) this.enter(connection, missed ?? []);
    return {
      room: this,
      connection,
      ...(this.kind.history && { position: this.kept.position }),
      ...(after !== undefined && { recovered: missed !== undefined }),
      leave: () => this.leave(connection),
    };
  }

  override leave(client: RoomClient): void {
    const connection = assertConnection(client);
    this.members.delete(connection);
    this.people.delete(connection);
  }

  /** Whether the client is a member. */
  override has(client: RoomClient): boolean {
    return this.members.has(assertConnection(client));
  }

  override async expel(who: ExpelTarget, close?: ExpelClose): Promise<void> {
    if ('key' in who) this.assertPresence('expel({ key })');
    if (close && !isSendableCloseCode(close.code)) throw new InvalidCloseCodeException(close.code);
    this.expelled.push({ ...who, ...(close && { close }) });
    const isMeant = (member: WebSocketConnection<object>): boolean =>
      'key' in who ? this.people.isOf(who.key, member) : member.id === who.connection;
    for (const member of [...this.members].filter(isMeant)) {
      this.leave(member);
      if (close) member.close(close.code, close.reason);
    }
  }

  override async history(query: HistoryQuery = {}): Promise<RoomHistory<TMessage>> {
    this.assertHistory('history()');
    const { after, limit = 100 } = query;
    if (after === undefined)
      return { messages: this.kept.newest(limit), position: this.kept.position, isComplete: true };
    const missed = this.kept.after(after);
    const messages = (missed ?? this.kept.newest(Infinity)).slice(0, limit);
    return { messages, position: this.kept.position, isComplete: missed !== undefined };
  }

  override listen({ after }: Pick<HistoryQuery, 'after'> = {}): Observable<RoomRecord<TMessage>> {
    return new Observable((subscriber) => {
      if (after !== undefined) this.assertHistory('listen({ after })');
      const missed = after === undefined ? [] : this.kept.after(after);
      if (!missed) throw new RoomGapException(this.name);
      for (const record of missed) subscriber.next(record);
      const listener = (record: RoomRecord<TMessage>): void => subscriber.next(record);
      this.listeners.add(listener);
      return () => this.listeners.delete(listener);
    });
  }

  override async presence(): Promise<readonly Present[]> {
    this.assertPresence('presence()');
    return this.people.list();
  }

  override async count(): Promise<PresenceCount> {
    if (this.kind.presence === false)
      throw new NoPresenceException(this.kind.name, 'count()', "true } or { presence: 'count'");
    return { connections: this.members.size };
  }

  override watch(): Observable<PresenceChange> {
    this.assertPresence('watch()');
    return this.people.watch();
  }

  private enter(
    connection: WebSocketConnection<object>,
    missed: readonly FakeEntry<TMessage>[],
  ): void {
    this.members.add(connection);
    connection.onClose(() => this.leave(connection));
    for (const { message } of missed) tell(connection, message);
  }

  private describe(connection: WebSocketConnection<object>, { as }: JoinOptions): void {
    if (as) this.assertPresence('join() with "as"');
    if (this.kind.presence !== true || (this.has(connection) && !as)) return;
    const told = as ?? this.kind.describe(connection, this.name);
    this.people.set(connection, writeCard(this.kind.name, told, Date.now()));
  }

  private accept(message: TMessage, options: BroadcastOptions = {}): Accepted {
    if (message === undefined) return { scope: 'local' };
    const { id, local = false, except = [] } = options;
    if (id !== undefined) this.assertHistory('broadcast() with an id');
    this.assertSendable(message);
    const earlier = id === undefined ? undefined : this.accepted.get(id);
    if (earlier) return earlier;
    const own = copied(message);
    this.sent.push({ message: own, ...(Object.keys(options).length > 0 && { options }) });
    const record = local || !this.kind.history ? { message: own } : this.kept.add(own);
    this.tellAll(record, new Set<unknown>([except].flat()));
    if (local) return { scope: 'local' };
    const accepted = 'position' in record ? { ...ACCEPTED, position: record.position } : ACCEPTED;
    if (id !== undefined) this.accepted.set(id, accepted);
    return accepted;
  }

  private tellAll(record: RoomRecord<TMessage>, except: ReadonlySet<unknown>): void {
    for (const member of this.members)
      if (!except.has(member) && !except.has(member.id)) tell(member, record.message);
    for (const listener of this.listeners) listener(record);
  }

  /** @throws UnserializableMessageException, MessageTooLargeException */
  private assertSendable(message: TMessage): void {
    const { name, encode, maxMessage } = this.kind;
    const payload = encode(message);
    const bytes = typeof payload === 'string' ? Buffer.byteLength(payload) : byteLengthOf(payload);
    if (bytes > maxMessage) throw new MessageTooLargeException(name, bytes, maxMessage);
  }

  private assertHistory(what: string): void {
    if (!this.kind.history) throw new NoHistoryException(this.kind.name, what);
  }

  private assertPresence(what: string): void {
    if (this.kind.presence !== true) throw new NoPresenceException(this.kind.name, what, 'true');
  }
}

/** The clients of gateways do not work without a server. */
function assertConnection(client: RoomClient): WebSocketConnection<object> {
  if (client instanceof WebSocketConnection) return client;
  throw new TypeError('Only fake connections can be members of a fake room: use fakeConnection()');
}

/** A value that cannot be sent has closed the connection. */
function tell(connection: WebSocketConnection<object>, message: unknown): void {
  connection.send(message).catch(() => undefined);
}
