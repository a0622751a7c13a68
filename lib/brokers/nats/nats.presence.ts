import type {
  NodePresence,
  PresenceChangeRecord,
  PresenceEntry,
  PresenceStore,
  RoomKey,
} from '../room.broker.js';
import type { NodeLife } from './node.life.js';
import type { NodeRecords } from './node.records.js';
import { nodeAtEndOf, placeOf, type PresenceNames } from './presence.names.js';
import type { PresenceStream } from './presence.stream.js';

export interface NatsPresenceParts {
  readonly names: PresenceNames;
  readonly life: NodeLife;
  readonly records: NodeRecords;
  /** The current connection's stream. @throws BrokerUnavailableException */
  readonly stream: () => PresenceStream;
  /** Rejects as soon as no answer can come. */
  readonly ask: <T>(work: () => Promise<T>) => Promise<T>;
  /** Resolves when everything published before is accepted. */
  readonly published: () => Promise<void>;
}

/** Change and connections. */
const SUMMARY = /^(\d{1,15}) (\d{1,15})$/;

/** A node's summary of a room. */
interface Summary {
  readonly node: string;
  readonly change: number;
  readonly connections: number;
}

/** Presence, kept by JetStream. */
export class NatsPresence implements PresenceStore {
  constructor(private readonly parts: NatsPresenceParts) {}

  renew(node: string, ms: number): Promise<boolean> {
    const { ask, life, records } = this.parts;
    return ask(async () => {
      const isHeld = await life.renew(node, ms);
      if (!isHeld) records.forget(node);
      return isHeld;
    });
  }

  write(node: string, changes: readonly PresenceChangeRecord[]): Promise<void> {
    return this.parts.ask(async () => {
      const { names, records } = this.parts;
      const stream = this.parts.stream();
      const summaries = new Map<RoomKey, { change: number; isEmpty: boolean }>();
      const written = changes.map((record): Promise<unknown> => {
        const { room, change, connection, member } = record;
        summaries.set(room, { change, isEmpty: records.apply(node, record) === 0 });
        const subject = names.entry(room, { node, connection });
        return member === undefined ? stream.remove(subject) : stream.put(subject, member);
      });
      // Sent after them: a reader of a summary finds the entries it sums up.
      for (const [room, { change, isEmpty }] of summaries)
        written.push(this.summarize({ node, change, connections: 0 }, room, isEmpty));
      await Promise.all(written);
    });
  }

  writeCount(node: string, room: RoomKey, connections: number): Promise<void> {
    return this.parts.ask(async () => {
      await this.summarize({ node, change: 0, connections }, room, connections === 0);
    });
  }

  read(room: RoomKey): Promise<readonly NodePresence[]> {
    return this.parts.ask(async () => {
      const stream = this.parts.stream();
      // Read first, so that the entries include everything it counts.
      const summaries = await this.summaries(room);
      const nodes = new Map(
        summaries.map((summary) => {
          const entries: PresenceEntry[] = [];
          return [summary.node, { ...summary, entries }];
        }),
      );
      const subjects = await stream.subjects(this.parts.names.entriesIn(room));
      const wanted = subjects.filter((subject) => nodes.has(placeOf(subject).node));
      for (const { subject, text } of await stream.getAll(wanted)) {
        const { node, connection } = placeOf(subject);
        if (text !== '') nodes.get(node)?.entries.push({ connection, member: text });
      }
      return [...nodes.values()];
    });
  }

  count(room: RoomKey): Promise<number> {
    return this.parts.ask(async () => {
      const summaries = await this.summaries(room);
      const living = new Set(summaries.map(({ node }) => node));
      const subjects = await this.parts.stream().subjects(this.parts.names.entriesIn(room));
      const entries = subjects.filter((subject) => living.has(placeOf(subject).node)).length;
      return summaries.reduce((sum, { connections }) => sum + connections, entries);
    });
  }

  leave(node: string): Promise<void> {
    const { ask, life, published, records } = this.parts;
    return ask(async () => {
      await published();
      records.forget(node);
      await life.leave(node);
    });
  }

  private summarize(summary: Summary, room: RoomKey, isEmpty: boolean): Promise<unknown> {
    const { node, change, connections } = summary;
    const stream = this.parts.stream();
    const subject = this.parts.names.summary(room, node);
    return isEmpty ? stream.remove(subject) : stream.put(subject, `${change} ${connections}`);
  }

  /** Live nodes only. */
  private async summaries(room: RoomKey): Promise<Summary[]> {
    const { life, names } = this.parts;
    const stream = this.parts.stream();
    const subjects = await stream.subjects(names.summariesIn(room));
    const living = await Promise.all(
      subjects.map(async (subject) =>
        (await life.isAlive(nodeAtEndOf(subject))) ? [subject] : [],
      ),
    );
    return (await stream.getAll(living.flat())).flatMap(({ subject, text }) =>
      text === '' ? [] : [summaryFrom(nodeAtEndOf(subject), text)],
    );
  }
}

function summaryFrom(node: string, text: string): Summary {
  const [, change, connections] = SUMMARY.exec(text) ?? [];
  return { node, change: Number(change ?? 0), connections: Number(connections ?? 0) };
}
