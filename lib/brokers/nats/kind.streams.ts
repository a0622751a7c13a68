import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import type { HistoryLimits } from '../room.broker.js';
import { isCode, STREAM_NAME_IN_USE, STREAM_NOT_FOUND } from './jet.stream.ack.js';
import { unavailable } from './nats.errors.js';
import type { NatsNames } from './nats.names.js';
import { DUPLICATE_WINDOW, type ResolvedJetStream } from './nats.options.js';
import { assertStream, NANOS } from './stream.check.js';

const CURE =
  'Change the history of the kind or placeAge, or the stream ("nats stream edit"), or delete the stream with everything in it, or use another rooms.prefix.';

/** The place of one kind's history. */
export interface KindStream {
  readonly name: string;
  readonly limits: HistoryLimits;
  /** Whether a single server holds it, and therefore has everything accepted. */
  readonly isSingle: boolean;
}

type Wanted = Pick<
  StreamConfig,
  | 'name'
  | 'subjects'
  | 'storage'
  | 'num_replicas'
  | 'max_msgs_per_subject'
  | 'max_age'
  | 'duplicate_window'
  | 'allow_direct'
  | 'republish'
>;

export interface KindStreamsParts {
  readonly names: NatsNames;
  readonly options: ResolvedJetStream;
  /** Kinds that are known before anything is published. */
  readonly histories: ReadonlyMap<string, HistoryLimits>;
  /** The current connection's manager. @throws BrokerUnavailableException */
  readonly manager: () => JetStreamManager;
}

/** One stream for each kind of rooms with history. */
export class KindStreams {
  private readonly streams = new Map<string, Promise<KindStream>>();
  /** The limits of streams, which are created again if the server has lost them. */
  private readonly limits = new Map<string, HistoryLimits>();

  constructor(private readonly parts: KindStreamsParts) {}

  /** Creates the streams of all known kinds. @throws UnusableBrokerException if one has other limits. */
  async prepare(manager: JetStreamManager): Promise<void> {
    this.streams.clear();
    for (const [kind, limits] of this.parts.histories) this.limits.set(kind, limits);
    const made = Array.from(this.limits, ([kind, limits]) => this.add(manager, kind, limits));
    await Promise.all(made);
  }

  /** @param limits Used if nothing else is known about the kind. @throws UnusableBrokerException */
  of(kind: string, limits?: HistoryLimits): Promise<KindStream> {
    const present = this.streams.get(kind);
    if (present) return present;
    const known = this.parts.histories.get(kind) ?? this.limits.get(kind) ?? limits;
    if (!known)
      return Promise.reject(
        unavailable(`it is unknown how much history rooms of "${kind}" keep`, 'refused'),
      );
    return this.add(this.parts.manager(), kind, known);
  }

  /** The stream may be gone: the next caller creates it again. */
  forget(kind: string, stream = this.streams.get(kind)): void {
    if (this.streams.get(kind) === stream) this.streams.delete(kind);
  }

  private add(manager: JetStreamManager, kind: string, limits: HistoryLimits): Promise<KindStream> {
    const made = this.make(manager, kind, limits);
    this.streams.set(kind, made);
    made.catch(() => this.forget(kind, made));
    return made;
  }

  private async make(
    manager: JetStreamManager,
    kind: string,
    limits: HistoryLimits,
  ): Promise<KindStream> {
    const wanted = this.configOf(kind, limits);
    const found = (await infoOf(manager, wanted.name)) ?? (await add(manager, wanted));
    assertStream(found, wanted, `which keeps rooms of "${kind}"`, CURE);
    this.limits.set(kind, limits);
    return { name: wanted.name, limits, isSingle: found.num_replicas === 1 };
  }

  private configOf(kind: string, { messages, age }: HistoryLimits): Wanted {
    const { names, options } = this.parts;
    const { kept, live } = names.ofKind(kind);
    return {
      name: names.stream(kind),
      subjects: [kept],
      storage: options.storage,
      num_replicas: options.replicas,
      // One more, to know the predecessor of the oldest delivered message.
      max_msgs_per_subject: messages + 1,
      max_age: Math.max(age, options.placeAge) * NANOS,
      duplicate_window: DUPLICATE_WINDOW * NANOS,
      allow_direct: true,
      republish: { src: kept, dest: live },
    };
  }
}

async function infoOf(manager: JetStreamManager, name: string): Promise<Wanted | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (isCode(error, STREAM_NOT_FOUND)) return undefined;
    throw error;
  }
}

/** @returns The existing stream if another application was faster. */
async function add(manager: JetStreamManager, wanted: Wanted): Promise<Wanted> {
  try {
    return (await manager.streams.add(wanted)).config;
  } catch (error) {
    const found = isCode(error, STREAM_NAME_IN_USE)
      ? await infoOf(manager, wanted.name)
      : undefined;
    if (found) return found;
    throw error;
  }
}
