import type { Server } from 'node:net';
import { ignoreError } from '../close/ignored.errors.js';
import { Roster, type RosterMember } from '../values/roster.js';
import { HeaderDeadline } from './header.deadline.js';
import {
  shuttingDown,
  tooManyConnections,
  tooManyInSession,
  tooManyPending,
  type Refusals,
} from './refusals.js';
import { UpgradeDispatch, type UpgradeOwner } from './upgrade.dispatch.js';
import type { Refusal, Upgrade } from './upgrade.request.js';

export interface AdmissionLimits {
  readonly maxConnections: number | undefined;
  /** WebSockets on one TCP connection of HTTP/2. */
  readonly maxConnectionsPerSession: number;
  readonly maxPendingHandshakes: number;
  /** Milliseconds. */
  readonly handshakeTimeout: number;
}

/** An upgrade whose handshake is in progress. */
export interface PendingUpgrade extends RosterMember {
  refuse(refusal: Refusal): void;
}

/** The part that routes and gateways implement differently. */
export interface UpgradeReceiver<Target> {
  /** Whether it takes WebSockets inside connections of HTTP/2. */
  readonly speaksHttp2: boolean;
  /** @returns The upgrade's target; `undefined` if it is not ours. */
  find(path: string): Target | undefined;
  /** Whether it accepts no more clients. */
  isClosing(target: Target): boolean;
  /** Takes over a well-formed upgrade once there is room. */
  receive(upgrade: Upgrade, target: Target): void;
}

/**
 * Decides whether an upgrade may begin its handshake: form, room, shutdown, and the table of handshakes in progress.
 * One instance serves all routes of an application, and one all gateways of an adapter.
 */
export class Admission<Pending extends PendingUpgrade> {
  /** The handshakes in progress. */
  readonly pending = new Roster<Pending>();
  /** How many upgrades the shutdown has refused. */
  refusedByDrain = 0;
  isDraining = false;
  private readonly listeners = new Set<UpgradeListener<unknown>>();

  /** @param countConnections Counts connections for `maxConnections`. */
  constructor(
    readonly limits: AdmissionLimits,
    readonly refusals: Refusals,
    private readonly countConnections: () => number,
  ) {}

  /** Listens to a server, until {@link UpgradeListener.release}. */
  listen<Target>(server: Server, receiver: UpgradeReceiver<Target>): UpgradeListener<Target> {
    const listener: UpgradeListener<Target> = new UpgradeListener(server, this, receiver, () =>
      this.listeners.delete(listener),
    );
    this.listeners.add(listener);
    return listener;
  }

  /** @returns False if the upgrade has been refused. */
  admit(upgrade: Upgrade, isClosing: boolean): boolean {
    const { fault } = upgrade;
    const lack = fault ? undefined : this.lackOfRoom(upgrade, isClosing);
    if (fault) this.refusals.overHttp(upgrade, fault);
    else if (lack) this.refusals.asConfigured(upgrade, lack);
    else return true;
    if (lack && this.isDraining) this.refusedByDrain += 1;
    return false;
  }

  /** @param entering Clients that are let in but whose connections are not open yet. */
  hasRoom(entering = 0): boolean {
    const { maxConnections } = this.limits;
    return maxConnections === undefined || this.countConnections() + entering < maxConnections;
  }

  /** Counts handshakes, and upgrades that may become handshakes. */
  get isFull(): boolean {
    let pending = this.pending.size;
    for (const { waiting } of this.listeners) pending += waiting;
    return pending >= this.limits.maxPendingHandshakes;
  }

  /** From now on, upgrades are refused with 503, including those in progress. */
  drain(): void {
    this.refusedByDrain = this.pending.size;
    this.isDraining = true;
    this.refusePending(() => true);
    for (const listener of this.listeners) listener.goAway();
  }

  refusePending(isMeant: (pending: Pending) => boolean): void {
    for (const pending of this.pending) if (isMeant(pending)) pending.refuse(shuttingDown());
  }

  /** The server would wait for unclaimed upgrades as well. */
  refuseAllUnclaimed(): void {
    for (const listener of this.listeners) listener.refuseAllUnclaimed();
    this.refusals.drain();
  }

  release(): void {
    this.refuseAllUnclaimed();
    for (const listener of this.listeners) listener.release();
  }

  private lackOfRoom({ siblings }: Upgrade, isClosing: boolean): Refusal | undefined {
    if (isClosing) return shuttingDown();
    if (!this.hasRoom()) return tooManyConnections();
    if (siblings >= this.limits.maxConnectionsPerSession) return tooManyInSession();
    return this.isFull ? tooManyPending() : undefined;
  }
}

/** Takes the upgrades of one server that a receiver wants, and answers those that nobody wants. */
export class UpgradeListener<Target> implements UpgradeOwner {
  readonly timeoutMs: number;
  private readonly headerDeadline: HeaderDeadline;
  private readonly dispatch: UpgradeDispatch;
  private readonly releases: readonly (() => void)[];

  constructor(
    server: Server,
    private readonly admission: Admission<PendingUpgrade>,
    private readonly receiver: UpgradeReceiver<Target>,
    onReleased: () => void,
  ) {
    this.timeoutMs = admission.limits.handshakeTimeout;
    this.headerDeadline = new HeaderDeadline(server, this.timeoutMs);
    const releaseDeadline = this.headerDeadline.attach();
    this.dispatch = UpgradeDispatch.of(server);
    this.releases = [releaseDeadline, this.dispatch.add(this), onReleased];
  }

  /** Restores the server. */
  release(): void {
    for (const release of this.releases) release();
  }

  /** Clients of HTTP/2 open further WebSockets on other connections. */
  goAway(): void {
    this.dispatch.goAway();
  }

  /** The server is about to close. */
  refuseAllUnclaimed(): void {
    this.dispatch.refuseAllUnclaimed();
    this.headerDeadline.close();
  }

  get speaksHttp2(): boolean {
    return this.receiver.speaksHttp2;
  }

  get waiting(): number {
    return this.dispatch.waiting;
  }

  isFull(): boolean {
    return this.admission.isFull;
  }

  onUpgrade({ socket }: Upgrade): void {
    this.headerDeadline.settle(socket);
  }

  tryTake(upgrade: Upgrade): boolean {
    const { path, socket } = upgrade;
    const target = path === undefined ? undefined : this.receiver.find(path);
    if (target === undefined) return false;
    // Node has removed its own listeners: without one, a reset would end the process.
    socket.on('error', ignoreError);
    if (this.admission.admit(upgrade, this.receiver.isClosing(target)))
      this.receiver.receive(upgrade, target);
    return true;
  }

  refuseUnclaimed(upgrade: Upgrade): void {
    this.admission.refusals.noRoute(upgrade);
  }
}
