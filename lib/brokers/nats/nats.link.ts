import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../../log/error.text.js';
import { ThrottledLog } from '../../log/throttled.log.js';
import { SharedQuestion } from '../shared.question.js';
import type {
  BrokerEvents,
  BrokerLink,
  HistoryLimits,
  HistoryStep,
  HistoryStore,
  PresenceStore,
  PublishOptions,
  PublishReceipt,
  RoomKey,
  RoomPosition,
} from '../room.broker.js';
import { JetStreamKeeper } from './jet.stream.keeper.js';
import {
  BROKER,
  failureOf,
  isPermanent,
  isTooManySubscriptions,
  unavailable,
} from './nats.errors.js';
import type { NatsNames } from './nats.names.js';
import type { ResolvedJetStream } from './nats.options.js';
import { NatsWire } from './nats.wire.js';
import { PublishRefusals } from './publish.refusals.js';
import { RoomSubscriptions } from './room.subscriptions.js';

/** Milliseconds that a closing link waits for requests in progress. */
const CLOSE_PATIENCE = 2_000;
/** Bytes for the headers of a kept message, with some reserve. */
const HEADERS = 128;

export interface LinkParts {
  readonly names: NatsNames;
  readonly events: BrokerEvents;
  readonly dial: () => Promise<NatsConnection>;
  /** `undefined`: nothing is kept. */
  readonly jetStream: ResolvedJetStream | undefined;
  readonly histories: ReadonlyMap<string, HistoryLimits>;
}

/** One application's link to NATS. */
export class NatsLink implements BrokerLink {
  readonly history?: HistoryStore;
  readonly presence?: PresenceStore;
  private readonly wire: NatsWire;
  private readonly keeper: JetStreamKeeper | undefined;
  private readonly subscriptions: RoomSubscriptions;
  private readonly flush = new SharedQuestion(async () => {
    await this.wire.during(this.wire.connection.flush());
    // The server reports refusals first. The transport passes them on in a microtask, perhaps after this one.
    await setImmediate();
  });
  private readonly refusals = new PublishRefusals();
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly logger = new Logger(BROKER);
  private readonly faults = new ThrottledLog((line) => this.logger.error(line));
  private isClosed = false;

  constructor(private readonly parts: LinkParts) {
    const { names, events, dial, histories, jetStream } = parts;
    this.wire = new NatsWire({
      dial,
      prepare: async (connection) => this.keeper?.prepare(connection),
      discard: () => this.keeper?.discard(),
      onRefused: (error) => {
        this.refusals.see(error);
        if (isTooManySubscriptions(error)) this.subscriptions.refuseUnconfirmed(error);
      },
      onFailed: (error) => {
        if (isPermanent(error)) this.faults.add(() => `Cannot connect again: ${messageOf(error)}`);
      },
      onLost: () => {
        this.subscriptions.clear();
        this.keeper?.onLost();
        this.tell(() => events.onLost());
      },
      onReady: () => {
        this.keeper?.onReady();
        this.tell(() => events.onReady());
      },
    });
    this.subscriptions = new RoomSubscriptions({
      subjectOf: (room) => names.live(room),
      onMessage: (room, message) => this.take(room, message),
      onGone: (room) => this.keeper?.forget(room),
      onRevoked: (room) => this.revoke(room),
      onFault: (error) => this.onFault(error),
    });
    if (!jetStream) return;
    this.keeper = new JetStreamKeeper({
      names,
      options: jetStream,
      histories,
      wire: this.wire,
      isSubscribed: (room) => this.subscriptions.has(room),
      onNodeGone: (node) => this.tell(() => events.onNodeGone(node)),
      onFault: (error) => this.faults.add(() => `Presence failed: ${messageOf(error)}`),
    });
    this.history = this.keeper.history;
    this.presence = this.keeper.presence;
  }

  /** @throws Errors of the transport. */
  open(): Promise<void> {
    return this.wire.open();
  }

  subscribe(rooms: readonly RoomKey[]): Promise<void> {
    return this.ask(async () => {
      this.subscriptions.add(this.wire.connection, rooms);
      await this.flush.answer();
      this.subscriptions.assertTaken(rooms);
    });
  }

  unsubscribe(rooms: readonly RoomKey[]): Promise<void> {
    return this.ask(async () => {
      this.subscriptions.remove(rooms);
      await this.flush.answer();
    });
  }

  publish(room: RoomKey, packet: Buffer, options: PublishOptions = {}): Promise<PublishReceipt> {
    return this.ask(async () => {
      const { history, id } = options;
      if (history) return { position: await this.keep(room, packet, history, id) };
      // Without a stream, nobody remembers ids.
      if (id !== undefined) throw unavailable('an id needs history', 'refused');
      const { connection } = this.wire;
      assertSize(packet, connection);
      const subject = this.parts.names.live(room);
      connection.publish(subject, packet);
      await this.refusals.during(subject, this.flush.answer());
      return {};
    });
  }

  /** Earlier requests are done first. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_PATIENCE).unref();
    });
    await Promise.race([Promise.allSettled(this.underWay), late]);
    clearTimeout(timer);
    this.subscriptions.clear();
    this.keeper?.close();
    await this.wire.close();
  }

  private async keep(
    room: RoomKey,
    packet: Buffer,
    limits: HistoryLimits,
    id: string | undefined,
  ): Promise<RoomPosition> {
    const { keeper, wire } = this;
    if (!keeper) throw unavailable('history needs the option jetStream', 'refused');
    assertSize(packet, wire.connection, HEADERS);
    return keeper.publish(room, packet, limits, id);
  }

  /** In call order. */
  private ask<T>(work: () => Promise<T>): Promise<T> {
    if (this.isClosed) return Promise.reject(unavailable('this link is closed', 'refused'));
    const answer = work().catch((error: unknown) => {
      throw failureOf(error);
    });
    this.underWay.add(answer);
    const done = (): void => void this.underWay.delete(answer);
    answer.then(done, done);
    return answer;
  }

  private take(room: RoomKey, { data, headers }: Msg): void {
    const tell = (step?: HistoryStep): void =>
      this.tell(() => this.parts.events.onPacket(room, bufferOf(data), step));
    if (this.keeper) this.keeper.take(room, headers, tell);
    else tell();
  }

  /** The application subscribes again, and learns that it may not. */
  private revoke(room: RoomKey): void {
    const isRevoked = (other: RoomKey): boolean => other === room;
    this.tell(() => this.parts.events.onLost(isRevoked));
    this.tell(() => this.parts.events.onReady(isRevoked));
  }

  private tell(event: () => void): void {
    if (this.isClosed) return;
    try {
      event();
    } catch (error) {
      this.onFault(error);
    }
  }

  private onFault(error: unknown): void {
    this.faults.add(
      () => `The application failed to handle an event of the broker: ${messageOf(error)}`,
    );
  }
}

/** @throws BrokerUnavailableException */
function assertSize({ length }: Buffer, { info }: NatsConnection, headers = 0): void {
  const limit = (info?.max_payload ?? Infinity) - headers;
  if (length <= limit) return;
  const cure = 'raise max_payload of the server, or lower maxMessage of the kind';
  throw unavailable(
    `a packet of ${length} bytes is more than the ${limit} that NATS takes: ${cure}`,
    'refused',
  );
}

/** A copy: the transport's buffer belongs to a larger chunk of input. */
const bufferOf = (data: Uint8Array): Buffer => Buffer.from(data);
