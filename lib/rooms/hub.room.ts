import { Observable } from 'rxjs';
import type { PublishReceipt, RoomKey } from '../brokers/room.broker.js';
import { isSendableCloseCode } from '../close/close.code.js';
import { InvalidCloseCodeException } from '../errors/revali-ws.exceptions.js';
import {
  MessageTooLargeException,
  NoHistoryException,
  RoomAuthorizationTimeoutException,
  RoomForbiddenException,
} from '../errors/room.exceptions.js';
import type { WebSocketConnection } from '../handles/connection.handles.js';
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
import { assertList, type RoomPresence } from '../presence/room.presence.js';
import { byteLengthOf, type Payload } from '../send/payload.js';
import { nothing } from '../values/nothing.js';
import { ownPropertyOf } from '../values/own.property.js';
import type { Beginning } from './beginning.js';
import { exceptedIds } from './excepted.ids.js';
import { writeExpulsion } from './expulsion.js';
import { readHistory } from './history.query.js';
import type { HistoryReader } from './history.reader.js';
import { ListenerPlace, type ListenerHost } from './listener.place.js';
import type { LocalRoom } from './local.room.js';
import type { EnterOptions, RoomEntrance } from './room.entrance.js';
import type { RoomKind } from './room.kind.js';
import { memberOf, type RoomMember } from './room.member.js';
import { encodePacket } from './room.packet.js';
import { positionFrom, writePosition } from './room.position.js';
import type { RoomPublisher } from './room.publisher.js';
import { within } from './within.js';

const NOBODY: readonly WebSocketConnection<object>[] = [];
const LOCAL: Accepted = { scope: 'local' };
const MAX_ID = 64;

/** What a handle needs from the hub. */
export interface HubPort extends ListenerHost {
  readonly presence: RoomPresence;
  readonly publisher: Pick<RoomPublisher, 'publish' | 'isReady'>;
  readonly reader: Pick<HistoryReader, 'read'>;
  readonly deliversLocally: boolean;
  /** Milliseconds. */
  readonly joinTimeout: number;
  /** Logs an error. */
  readonly onFault: (what: string, error: unknown) => void;
  localOf(key: RoomKey): LocalRoom<RoomMember> | undefined;
  readonly entrance: Pick<RoomEntrance, 'enter'>;
  /** Delivers without the broker. */
  tellHere(key: RoomKey, packet: Buffer): void;
}

/** A handle: it holds only the room's name. */
export class HubRoom extends Room {
  constructor(
    private readonly hub: HubPort,
    readonly kind: RoomKind,
    override readonly name: string,
    readonly key: RoomKey,
  ) {
    super();
  }

  override get local(): Iterable<WebSocketConnection<object>> {
    return this.room?.everybody() ?? NOBODY;
  }

  override broadcast(
    message: unknown,
    options: BroadcastOptions & { readonly receipt: true },
  ): Promise<Accepted>;
  override broadcast(message: unknown, options?: BroadcastOptions): Promise<void>;
  override broadcast(
    message: unknown,
    options?: BroadcastOptions & { readonly receipt?: boolean },
  ): Promise<Accepted | void> {
    const accepted = this.publish(message, options ?? {});
    const told = options?.receipt === true ? accepted : accepted.then(nothing);
    // Nobody may be awaiting it.
    told.catch(nothing);
    return told;
  }

  override async join(client: RoomClient, options: JoinOptions = {}): Promise<Membership> {
    const member = assertMember(client);
    const { as } = options;
    if (options.after !== undefined || options.replay !== undefined)
      this.assertHistory(options.after === undefined ? 'replay' : 'after');
    const after = positionFrom(options.after);
    const replay = replayFrom(options.replay);
    const beginning = this.has(member)
      ? undefined
      : await this.enter(member, { how: 'join', replay, as, after });
    if (as !== undefined) this.hub.presence.update(this.kind, this.key, member, as);
    return this.membershipOf(member, options, beginning);
  }

  override leave(client: RoomClient): void {
    const { room } = this;
    const { places } = assertMember(client);
    places?.turnBack(this.key);
    if (room) places?.leave(room);
  }

  override has(client: RoomClient): boolean {
    const { room } = this;
    return room !== undefined && assertMember(client).places?.has(room) === true;
  }

  override async expel(who: ExpelTarget, close?: ExpelClose): Promise<void> {
    const target = targetFrom(who);
    if ('key' in target) assertList(this.kind, 'expel({ key })');
    if (close && !isSendableCloseCode(close.code)) throw new InvalidCloseCodeException(close.code);
    const packet = encodePacket(writeExpulsion(target, close), [], { isControl: true });
    await this.hub.publisher.publish(this.key, packet);
  }

  override async history(query: HistoryQuery = {}): Promise<RoomHistory> {
    this.assertHistory('history()');
    return readHistory(this.hub.reader, this.key, this.kind, query);
  }

  override presence(): Promise<readonly Present[]> {
    return this.hub.presence.list(this.kind, this.key);
  }

  override count(): Promise<PresenceCount> {
    return this.hub.presence.count(this.kind, this.key);
  }

  override watch(): Observable<PresenceChange> {
    return this.hub.presence.watch(this.kind, this.key);
  }

  override listen({ after }: Pick<HistoryQuery, 'after'> = {}): Observable<RoomRecord> {
    return new Observable((subscriber) => {
      if (after !== undefined) this.assertHistory('listen({ after })');
      const place = new ListenerPlace(this.hub, this.key, this.kind, subscriber);
      void place.enter(positionFrom(after));
      return () => place.leave();
    });
  }

  /** Asks for permission to enter, and enters. @throws RoomForbiddenException and others */
  enter(member: RoomMember, options: EnterOptions): Promise<Beginning | undefined> {
    return this.hub.entrance.enter(this, member, options, {
      authorize: () => this.authorize(member),
      announce: () => this.hub.presence.announce(this.kind, this, member, options.as),
    });
  }

  private async authorize(member: RoomMember): Promise<void> {
    const { kind, name } = this;
    const { joinTimeout } = this.hub;
    const asked = Promise.resolve(kind.authorize(member, name));
    const mayEnter: unknown = await within(asked, joinTimeout, () => {
      const error = new RoomAuthorizationTimeoutException(kind.name, joinTimeout);
      // Nothing else tells the operator: the client gets no details, and the application may never see the exception.
      this.hub.onFault('A connection was not let in', error);
      return error;
    });
    if (mayEnter !== true) throw new RoomForbiddenException();
  }

  private membershipOf(
    member: RoomMember,
    { after }: JoinOptions,
    beginning: Beginning | undefined,
  ): Membership {
    const position = this.room?.tail?.position;
    return {
      room: this,
      connection: member,
      ...(position && { position: writePosition(position) }),
      ...(after !== undefined && { recovered: beginning?.isContinued === true }),
      leave: () => this.leave(member),
    };
  }

  private async publish(message: unknown, options: BroadcastOptions): Promise<Accepted> {
    if (message === undefined) return LOCAL;
    const { id, local = false, except } = options;
    if (id !== undefined) this.assertId(id);
    const packet = encodePacket(this.encode(message), exceptedIds(except), {
      isJson: this.kind.isJson(message),
    });
    if (local || this.isCutOff) {
      this.hub.tellHere(this.key, packet);
      return LOCAL;
    }
    const { history } = this.kind;
    const receipt = await this.hub.publisher.publish(this.key, packet, { history, id });
    return acceptedOf(receipt);
  }

  private encode(message: unknown): Payload {
    const payload = this.kind.encode(message);
    const bytes = typeof payload === 'string' ? Buffer.byteLength(payload) : byteLengthOf(payload);
    const { name, maxMessage } = this.kind;
    if (bytes > maxMessage) throw new MessageTooLargeException(name, bytes, maxMessage);
    return payload;
  }

  /** Whether to deliver to members here, because others cannot be reached. */
  private get isCutOff(): boolean {
    const { deliversLocally, publisher } = this.hub;
    return deliversLocally && !this.kind.history && !publisher.isReady(this.key);
  }

  private assertHistory(what: string): void {
    if (!this.kind.history) throw new NoHistoryException(this.kind.name, what);
  }

  private assertId(id: string): void {
    this.assertHistory('broadcast() with an id');
    if (typeof id !== 'string' || id === '' || id.length > MAX_ID)
      throw new TypeError(`id: use a string of 1 to ${MAX_ID} characters`);
  }

  private get room(): LocalRoom<RoomMember> | undefined {
    return this.hub.localOf(this.key);
  }
}

/** @throws RangeError */
function replayFrom(replay: number | undefined): number {
  if (replay === undefined) return 0;
  if (Number.isSafeInteger(replay) && replay >= 0) return replay;
  throw new RangeError('replay: use a count of messages');
}

/** Otherwise, nobody would notice that the target matches nobody. @throws TypeError */
function targetFrom(who: unknown): ExpelTarget {
  const connection = ownPropertyOf(who, 'connection');
  if (typeof connection === 'string' && connection !== '') return { connection };
  const key = ownPropertyOf(who, 'key');
  if (typeof key === 'string' && key !== '') return { key };
  throw new TypeError('expel: use { connection: connection.id }, or { key } with a string');
}

function acceptedOf({ position }: PublishReceipt): Accepted {
  return position ? { scope: 'all', position: writePosition(position) } : { scope: 'all' };
}

function assertMember(client: RoomClient): RoomMember {
  const member = memberOf(client);
  if (member) return member;
  throw new TypeError(
    'Only connections of WebSocket routes, and clients of gateways that RevaliWsAdapter serves, can be members of a ' +
      'room. Use the WebSocketConnection, or app.useWebSocketAdapter(app.get(RevaliWsAdapter)).',
  );
}
