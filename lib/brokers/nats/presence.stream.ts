import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import {
  ackFrom,
  isCode,
  STREAM_NOT_FOUND,
  WRONG_LAST_SEQUENCE,
  type Ack,
} from './jet.stream.ack.js';
import { unavailable } from './nats.errors.js';
import type { ResolvedJetStream } from './nats.options.js';
import type { PresenceNames } from './presence.names.js';
import { assertStream } from './stream.check.js';

/** Milliseconds that JetStream may take to answer. */
const TIMEOUT = 5_000;
const CURE = 'Delete the stream to have it created again, or use another rooms.prefix.';
/** Requests in progress at once. */
const AT_ONCE = 64;

/** The record of one subject. */
export interface PresenceRecord {
  readonly subject: string;
  readonly sequence: number;
  /** Empty: it has been removed, and will soon be deleted. */
  readonly text: string;
  /** In ms since 1970, by the server's clock. */
  readonly time: number;
}

export interface PresenceStreamParts {
  readonly names: PresenceNames;
  readonly options: ResolvedJetStream;
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
}

/**
 * The stream of all present connections: one record for each subject. It is read from its leader, because replicas may
 * lag behind.
 */
export class PresenceStream {
  constructor(private readonly parts: PresenceStreamParts) {}

  /** Creates the stream if it is missing. @throws UnusableBrokerException */
  async prepare(): Promise<void> {
    const { names, options } = this.parts;
    const wanted = {
      name: names.stream,
      subjects: [names.all],
      storage: options.storage,
      num_replicas: options.replicas,
      max_msgs_per_subject: 1,
      max_age: 0,
      republish: { src: names.leases, dest: names.tellsTo },
    };
    assertStream(await this.foundOrMade(wanted), wanted, 'which keeps presence', CURE);
  }

  private async foundOrMade(
    wanted: Partial<StreamConfig> & { name: string },
  ): Promise<StreamConfig> {
    const { manager } = this.parts;
    try {
      return (await manager.streams.info(wanted.name)).config;
    } catch (error) {
      if (!isCode(error, STREAM_NOT_FOUND)) throw error;
      return (await manager.streams.add(wanted)).config;
    }
  }

  /** @returns Its sequence. @throws BrokerUnavailableException */
  async put(subject: string, text: string): Promise<number> {
    const { sequence, error } = await this.request(subject, text);
    if (error) throw unavailable(error.text, 'refused');
    return sequence;
  }

  /** @param last The expected sequence of the subject, or 0. @returns `undefined` if there is another one. */
  async putAfter(subject: string, text: string, last: number): Promise<number | undefined> {
    const { sequence, error } = await this.request(subject, text, last);
    if (error?.code === WRONG_LAST_SEQUENCE) return undefined;
    if (error) throw unavailable(error.text, 'refused');
    return sequence;
  }

  /** Readers see the removal at once; later records stay. */
  async remove(subject: string): Promise<void> {
    await this.purge(subject, await this.put(subject, ''));
  }

  /** @param last The newest sequence to delete. */
  async purge(filter: string, last: number): Promise<void> {
    const { manager, names } = this.parts;
    await manager.streams.purge(names.stream, { filter, seq: last + 1 });
  }

  async get(subject: string): Promise<PresenceRecord | undefined> {
    const { manager, names } = this.parts;
    const found = await manager.streams.getMessage(names.stream, { last_by_subj: subject });
    if (!found) return undefined;
    return { subject, sequence: found.seq, text: found.string(), time: found.time.getTime() };
  }

  async getAll(subjects: readonly string[]): Promise<PresenceRecord[]> {
    const records: PresenceRecord[] = [];
    for (let start = 0; start < subjects.length; start += AT_ONCE) {
      const batch = subjects.slice(start, start + AT_ONCE).map((subject) => this.get(subject));
      // oxlint-disable-next-line no-await-in-loop -- not all at once
      for (const record of await Promise.all(batch)) if (record) records.push(record);
    }
    return records;
  }

  /** All subjects with a record. */
  async subjects(filter: string): Promise<string[]> {
    const { manager, names } = this.parts;
    const { state } = await manager.streams.info(names.stream, { subjects_filter: filter });
    return Object.keys(state.subjects ?? {});
  }

  /** The server's clock minus this process's clock, in ms. */
  async clockOffset(): Promise<number> {
    const { names } = this.parts;
    const start = Date.now();
    const sequence = await this.put(names.clock, 'now');
    const middle = (start + Date.now()) / 2;
    const record = await this.get(names.clock);
    await this.purge(names.clock, sequence);
    return record?.sequence === sequence ? record.time - middle : 0;
  }

  private async request(subject: string, text: string, last?: number): Promise<Ack> {
    const marks = headers();
    if (last !== undefined) marks.set('Nats-Expected-Last-Subject-Sequence', `${last}`);
    const options = { headers: marks, timeout: TIMEOUT };
    return ackFrom(await this.parts.connection.request(subject, text, options));
  }
}
