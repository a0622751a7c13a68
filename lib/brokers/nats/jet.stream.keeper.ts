import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import { UnusableBrokerException } from '../../errors/broker.exceptions.js';
import type { HistoryLimits, HistoryStep, RoomKey, RoomPosition } from '../room.broker.js';
import { HistoryPublisher } from './history.publisher.js';
import { isCode, STREAM_NOT_FOUND } from './jet.stream.ack.js';
import { KindStreams } from './kind.streams.js';
import { LivePlaces, republishedFrom } from './live.message.js';
import { LiveOrder } from './live.order.js';
import { BROKER, isNoResponders, unavailable } from './nats.errors.js';
import { NatsHistory } from './nats.history.js';
import { kindOf, type NatsNames } from './nats.names.js';
import type { ResolvedJetStream } from './nats.options.js';
import { NatsPresence } from './nats.presence.js';
import type { NatsWire } from './nats.wire.js';
import { NodeLife } from './node.life.js';
import { NodeRecords } from './node.records.js';
import { PresenceNames } from './presence.names.js';
import { PresenceStream } from './presence.stream.js';
import { StreamReader } from './stream.reader.js';

/** JetStream's errors for an account without JetStream. */
const NOT_ENABLED = [10_039, 10_076];

export interface KeeperParts {
  readonly names: NatsNames;
  readonly options: ResolvedJetStream;
  readonly histories: ReadonlyMap<string, HistoryLimits>;
  readonly wire: NatsWire;
  readonly isSubscribed: (room: RoomKey) => boolean;
  readonly onNodeGone: (node: string) => void;
  readonly onFault: (error: unknown) => void;
}

/** What JetStream does for one link: it keeps messages of rooms. */
export class JetStreamKeeper {
  readonly history: NatsHistory;
  readonly presence: NatsPresence;
  private manager: JetStreamManager | undefined;
  private presenceStream: PresenceStream | undefined;
  private readonly life: NodeLife;
  private readonly streams: KindStreams;
  private readonly publisher: HistoryPublisher;
  private readonly places = new LivePlaces();
  private readonly order = new LiveOrder(this.places.sequenceOf);

  constructor(private readonly parts: KeeperParts) {
    const { histories, names, options, wire } = parts;
    const manager = (): JetStreamManager => {
      if (this.manager && wire.isUp) return this.manager;
      throw unavailable('not connected', 'refused');
    };
    const subjectOf = (room: RoomKey): string => names.kept(room);
    this.streams = new KindStreams({ names, options, histories, manager });
    this.publisher = new HistoryPublisher({
      connection: () => wire.connection,
      during: (work) => wire.during(work),
      subjectOf,
      prepare: (room, limits) => this.streams.of(kindOf(room), limits),
      onMissing: (room) => this.streams.forget(kindOf(room)),
    });
    this.history = new NatsHistory({
      streamOf: (room) => this.streams.of(kindOf(room)),
      readerOf: ({ name, isSingle }) => new StreamReader(manager(), name, isSingle),
      subjectOf,
      begin: (room) => this.publisher.begin(room),
      onSeen: (room, newest) => {
        if (parts.isSubscribed(room)) this.places.see(room, newest);
      },
      now: () => this.life.now(),
      ask: (rooms, work) => this.ask(rooms, work),
    });
    const presenceNames = new PresenceNames(names.prefix);
    const stream = (): PresenceStream => {
      if (this.presenceStream && wire.isUp) return this.presenceStream;
      throw unavailable('not connected', 'refused');
    };
    const { onFault, onNodeGone } = parts;
    this.life = new NodeLife({ names: presenceNames, stream, onGone: onNodeGone, onFault });
    this.presence = new NatsPresence({
      names: presenceNames,
      life: this.life,
      records: new NodeRecords(),
      stream,
      ask: (work) => this.askPresence(work),
      published: () => this.publisher.settled(),
    });
  }

  /** @throws UnusableBrokerException, and errors of the transport */
  async prepare(connection: NatsConnection): Promise<void> {
    const manager = await managerOf(connection);
    await this.streams.prepare(manager);
    const { names, options } = this.parts;
    const presenceNames = new PresenceNames(names.prefix);
    const stream = new PresenceStream({ names: presenceNames, options, connection, manager });
    await stream.prepare();
    connection.subscribe(presenceNames.told, {
      callback: (error, message) => {
        if (!error) this.life.take(message);
      },
    });
    await connection.flush();
    await this.life.load(stream);
    this.manager = manager;
    this.presenceStream = stream;
  }

  publish(
    room: RoomKey,
    packet: Buffer,
    limits: HistoryLimits,
    id: string | undefined,
  ): Promise<RoomPosition> {
    return this.publisher.publish(room, packet, limits, id);
  }

  /**
   * @param tell Called in order, but not if there is no message to deliver. Without a step, the message is not kept.
   */
  take(
    room: RoomKey,
    headers: MsgHdrs | undefined,
    tell: (step: HistoryStep | undefined) => void,
  ): void {
    const { names } = this.parts;
    const republished = republishedFrom(headers, names.stream(kindOf(room)), names.kept(room));
    if (!republished) return tell(undefined);
    const { message, sequenceBefore } = republished;
    const { sequence } = message;
    this.order.take(room, {
      sequence,
      sequenceBefore,
      tell: () => {
        const step = this.places.stepOf(room, message, sequenceBefore);
        if (step) tell(step);
      },
    });
  }

  forget(room: RoomKey): void {
    this.order.forget(room);
    this.places.forget(room);
  }

  /** A prepared connection is not used. */
  discard(): void {
    this.life.clear();
  }

  onLost(): void {
    this.life.clear();
    this.publisher.wait();
  }

  onReady(): void {
    this.publisher.repeat();
  }

  close(): void {
    this.life.clear();
    this.publisher.close();
  }

  private async askPresence<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.ask([], work);
    } catch (error) {
      // Someone has deleted the stream: the next renewal of a lease finds a new one, and learns that its lease is new.
      if (isNoResponders(error) || isCode(error, STREAM_NOT_FOUND))
        await this.presenceStream?.prepare().catch(() => undefined);
      throw error;
    }
  }

  private async ask<T>(rooms: readonly RoomKey[], work: () => Promise<T>): Promise<T> {
    const { wire } = this.parts;
    try {
      // Without a link, nobody waits for it.
      void wire.connection;
      return await wire.during(work());
    } catch (error) {
      // A deleted stream does not answer.
      for (const kind of new Set(rooms.map(kindOf))) this.streams.forget(kind);
      throw error;
    }
  }
}

async function managerOf(connection: NatsConnection): Promise<JetStreamManager> {
  try {
    return await jetstreamManager(connection);
  } catch (error) {
    const isMissing =
      isNoResponders(error instanceof Error ? error.cause : error) ||
      NOT_ENABLED.some((code) => isCode(error, code));
    if (!isMissing) throw error;
    throw new UnusableBrokerException(
      BROKER,
      `the server ${connection.getServer()} has no JetStream, which keeps history and presence`,
      'Start the server with JetStream ("nats-server -js"), or leave out the option jetStream.',
    );
  }
}
