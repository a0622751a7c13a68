import type { Msg } from '@nats-io/transport-node';
import { sequenceFrom } from './kept.message.js';
import { NodeLeases, type Lease } from './node.leases.js';
import { nodeAtEndOf, type PresenceNames } from './presence.names.js';
import type { PresenceRecord, PresenceStream } from './presence.stream.js';

/** Milliseconds over which the applications that saw a lease expire spread: the first ends it for all. */
const SPREAD = 1_000;
/** Attempts to renew a lease that others change at the same time. */
const TRIES = 5;

export interface NodeLifeParts {
  readonly names: PresenceNames;
  /** The current connection's stream. @throws BrokerUnavailableException */
  readonly stream: () => PresenceStream;
  readonly onGone: (node: string) => void;
  readonly onFault: (error: unknown) => void;
}

/**
 * Tracks which nodes are alive. All applications see each renewal. One that misses renewals ends the node with a record
 * that only one of them can write, and that all see as well.
 */
export class NodeLife {
  private readonly leases = new NodeLeases({
    onExpired: (node, lease) => this.endSoon(node, lease),
  });
  /** Nodes of this application. */
  private readonly own = new Set<string>();
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(private readonly parts: NodeLifeParts) {}

  /** Milliseconds since 1970, by the server's clock. */
  now = (): number => Date.now();

  /** Reads messages from before this connection. */
  async load(stream: PresenceStream): Promise<void> {
    this.clear();
    const offset = await stream.clockOffset();
    const subjects = await stream.subjects(this.parts.names.leases);
    this.now = () => Date.now() + offset;
    for (const record of await stream.getAll(subjects)) this.adopt(record, this.now());
  }

  /** @returns Whether it is alive, as far as known. */
  async isAlive(node: string): Promise<boolean> {
    if (this.leases.isAlive(node)) return true;
    if (this.leases.get(node)) return false;
    // The renewal may be on its way to this link.
    const record = await this.parts.stream().get(this.parts.names.lease(node));
    if (record) this.adopt(record, this.now());
    return this.leases.isAlive(node);
  }

  /** @returns Whether it was held. */
  async renew(node: string, ms: number): Promise<boolean> {
    const { names } = this.parts;
    const stream = this.parts.stream();
    for (let count = 0; count < TRIES; count += 1) {
      const lease = this.leases.get(node);
      const isHeld = this.leases.isAlive(node);
      // oxlint-disable-next-line no-await-in-loop -- another try, where somebody else was faster
      if (lease && !isHeld) await this.end(node, lease.sequence);
      const last = isHeld ? (lease?.sequence ?? 0) : 0;
      // oxlint-disable-next-line no-await-in-loop
      const sequence = await stream.putAfter(names.lease(node), `${Math.ceil(ms)}`, last);
      if (sequence !== undefined) {
        this.leases.see(node, sequence, ms);
        this.own.add(node);
        return isHeld;
      }
      // oxlint-disable-next-line no-await-in-loop
      await this.reload(node);
    }
    throw new Error(`the lease of the node ${node} is held by somebody else`);
  }

  /** Everything that the node has written goes as well. */
  async leave(node: string): Promise<void> {
    this.own.add(node);
    const record = await this.parts.stream().get(this.parts.names.lease(node));
    if (record) await this.end(node, record.sequence);
    else this.leases.forget(node);
  }

  /** Takes JetStream's messages about leases. */
  take(message: Msg): void {
    const { data, headers } = message;
    const subject = headers?.get('Nats-Subject') ?? '';
    const sequence = sequenceFrom(headers?.get('Nats-Sequence'));
    if (headers?.get('Nats-Stream') !== this.parts.names.stream || sequence === undefined) return;
    const node = this.nodeOf(subject);
    if (node === undefined) return;
    if (data.length === 0) this.onEnd(node, sequence);
    else this.leases.see(node, sequence, msFrom(message.string()));
  }

  clear(): void {
    this.leases.clear();
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  /** @returns `undefined` if no node wrote the lease: nobody could end it. */
  private nodeOf(subject: string): string | undefined {
    const node = nodeAtEndOf(subject);
    return node !== '' && this.parts.names.lease(node) === subject ? node : undefined;
  }

  private adopt({ sequence, subject, text, time }: PresenceRecord, now: number): void {
    const node = this.nodeOf(subject);
    if (node === undefined) return;
    const ms = msFrom(text);
    const age = Math.max(0, now - time);
    this.leases.see(node, sequence, Math.max(0, ms - age));
  }

  private async reload(node: string): Promise<void> {
    this.leases.forget(node);
    const record = await this.parts.stream().get(this.parts.names.lease(node));
    if (record) this.adopt(record, this.now());
  }

  private onEnd(node: string, sequence: number): void {
    const lease = this.leases.get(node);
    if (!lease || lease.sequence > sequence) return;
    this.leases.forget(node);
    if (!this.own.has(node)) this.parts.onGone(node);
  }

  /** Spread, so that not all who saw it act at once. */
  private endSoon(node: string, lease: Lease): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (this.leases.get(node) !== lease) return;
      this.end(node, lease.sequence).catch((error: unknown) => this.parts.onFault(error));
    }, Math.random() * SPREAD).unref();
    this.timers.add(timer);
  }

  /** @param last The lease that ends: a newer one continues. */
  private async end(node: string, last: number): Promise<void> {
    const { names } = this.parts;
    const stream = this.parts.stream();
    const subject = names.lease(node);
    const sequence = await stream.putAfter(subject, '', last);
    if (sequence === undefined) {
      await this.reload(node);
      return;
    }
    // Data from the node's next life is newer.
    for (const filter of [...names.of(node), subject]) {
      // oxlint-disable-next-line no-await-in-loop -- the lease goes last, so that an interrupted end shows
      await stream.purge(filter, sequence);
    }
    // The record tells the others.
    this.onEnd(node, sequence);
  }
}

/** @returns 0 if the text is not a time. */
const msFrom = (text: string): number => (/^\d{1,10}$/.test(text) ? Number(text) : 0);
