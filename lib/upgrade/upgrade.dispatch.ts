import { Logger, NotFoundException } from '@nestjs/common';
import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import { Socket, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { ignoreError } from '../close/ignored.errors.js';
import { contained } from '../errors/contained.js';
import type { ConnectUpgrade } from './connect.upgrade.js';
import { ExtendedConnects } from './extended.connects.js';
import { stackOf } from '../log/error.text.js';
import { ThrottledLog } from '../log/throttled.log.js';
import { inOwnContext } from '../values/own.context.js';
import { TurnShare } from '../values/turn.share.js';
import { assertEarlierResponsesAreSeen, earlierResponseOn } from '../ws/response.owner.js';
import { PipelinedRequests } from './pipelined.requests.js';
import { DeclinedOffers } from './plain.request.js';
import { tooManyPending } from './refusals.js';
import { HeldUpgrade } from './upgrade.held.js';
import { Upgrade } from './upgrade.request.js';
import { writeRefusal } from './upgrade.response.js';
import { UnclaimedUpgrade } from './upgrade.unclaimed.js';

export interface UpgradeOwner {
  /** Whether it takes WebSockets inside connections of HTTP/2, too. */
  readonly speaksHttp2?: boolean;
  /** Milliseconds that other listeners have for an upgrade that no owner takes. The first owner's value applies. */
  readonly timeoutMs?: number;
  /** Whether no further upgrade may wait on the server. */
  isFull?(): boolean;
  /** Called for every upgrade before any owner is asked. */
  onUpgrade?(upgrade: Upgrade): void;
  /** @returns True if it has taken the upgrade: it owns it from now on, and nobody else sees it. */
  tryTake(upgrade: Upgrade): boolean;
  /**
   * Answers an upgrade that nobody on this server wants. The last owner with this method is asked, because gateways
   * start before routes.
   */
  refuseUnclaimed?(upgrade: Upgrade): void;
}

type Emit = (event: string, ...values: unknown[]) => boolean;
type UpgradeEvent = [request: IncomingMessage, socket: Duplex, head: Buffer];

/** Shared by all copies of this package in one process, such as its ESM and CommonJS builds. */
const PROPERTY = Symbol.for('nestjs-revali-ws:upgrade-dispatch');
const EVENT = 'upgrade';
/** Every request of HTTP/2. */
const STREAM = 'stream';
/** Handshakes that begin in one turn of the event loop: some milliseconds of work. */
const PER_TURN = 16;
/** Milliseconds, if no owner sets a value. */
const TIMEOUT_MS = 10_000;

/**
 * Decides who on an http server gets an upgrade. Every listener of `upgrade` sees every upgrade, and some stacks
 * destroy upgrades of others. So the event is intercepted where the server emits it: owners are asked first, and only
 * an upgrade that none of them takes goes to the listeners, no matter who added them and when.
 */
export class UpgradeDispatch {
  /** In the order in which they are asked. */
  private owners: readonly UpgradeOwner[] = [];
  private readonly unclaimed = new Set<UnclaimedUpgrade>();
  private readonly held = new Set<HeldUpgrade>();
  /**
   * Spreads a storm of handshakes. In a row, thousands of them would keep everybody inside waiting, and new clients out:
   * nobody accepts their connections meanwhile, Linux queues few and drops the rest, and a client tries again after 1, 3,
   * 7 and more seconds.
   */
  private readonly turns = new TurnShare(PER_TURN);
  private readonly pipelined = new PipelinedRequests();
  private readonly faults = new ThrottledLog((line) =>
    new Logger('WebSocketHandshake').error(line),
  );
  /** `undefined` if the server or its owners speak only HTTP/1.1. */
  private connects: ExtendedConnects | undefined;
  private uninstall: (() => void) | undefined;

  static of(server: Server): UpgradeDispatch {
    const present: unknown = Reflect.get(server, PROPERTY);
    return isDispatch(present) ? present : new UpgradeDispatch(server);
  }

  /** @throws UnsupportedRuntimeException */
  private constructor(private readonly server: Server) {
    assertEarlierResponsesAreSeen();
  }

  /** Upgrades that wait for earlier responses, or for other listeners that have not answered yet. */
  get waiting(): number {
    return this.held.size + this.unclaimed.size;
  }

  /**
   * The newest owner is asked first: routes, which are found last, before gateways.
   *
   * @returns Removes the owner; the last removal restores the server.
   */
  add(owner: UpgradeOwner): () => void {
    this.owners = [owner, ...this.owners];
    this.uninstall ??= this.install();
    if (owner.speaksHttp2) this.connects ??= ExtendedConnects.offer(this.server);
    return () => {
      this.owners = this.owners.filter((other) => other !== owner);
      if (this.owners.length > 0) return;
      this.turns.hurry();
      this.uninstall?.();
      this.uninstall = undefined;
      this.connects?.withdraw();
      this.connects = undefined;
    };
  }

  /**
   * The server is about to close: at once answers upgrades that were left to other listeners and that nobody has taken.
   */
  refuseAllUnclaimed(): void {
    for (const upgrade of this.unclaimed) upgrade.expire();
    for (const upgrade of this.held) upgrade.hurry();
    this.turns.hurry();
    this.goAway();
  }

  /** Clients open no further WebSockets on connections of HTTP/2 that have had some. */
  goAway(): void {
    this.connects?.goAway();
  }

  private install(): () => void {
    const { server } = this;
    const own = Object.getOwnPropertyDescriptor(server, 'emit');
    const emit: Emit = server.emit.bind(server);
    const offers = new DeclinedOffers(server);
    const releaseOffers = offers.install();
    let isInstalled = true;
    const intercept: Emit = (event, ...values) => {
      if (event === 'request') {
        this.pipelined.note(values);
        offers.note(values);
      }
      if (!isInstalled) return emit(event, ...values);
      if (event === EVENT && isUpgradeEvent(values)) return this.receive(values, emit);
      const connect = event === STREAM ? this.connects?.upgradeOf(values) : undefined;
      return connect
        ? this.receiveConnect(connect, () => emit(event, ...values))
        : emit(event, ...values);
    };
    define(server, 'emit', intercept);
    define(server, PROPERTY, this);
    // Without a listener, Node would treat upgrades as plain requests.
    server.on(EVENT, ignore);
    return () => {
      isInstalled = false;
      releaseOffers();
      server.off(EVENT, ignore);
      Reflect.deleteProperty(server, PROPERTY);
      // If someone has wrapped it since, it stays, and passes everything on.
      if (Object.getOwnPropertyDescriptor(server, 'emit')?.value !== intercept) return;
      if (own) Object.defineProperty(server, 'emit', own);
      else Reflect.deleteProperty(server, 'emit');
    };
  }

  private receive([request, socket, head]: UpgradeEvent, emit: Emit): boolean {
    return this.contain(socket, () =>
      this.dispatch(new Upgrade(this.server, request, socket, head), emit),
    );
  }

  /** @param leave Asks the other listeners. */
  private receiveConnect(upgrade: ConnectUpgrade, leave: () => boolean): boolean {
    return this.contain(upgrade.socket, () => {
      if (this.isTaken(upgrade)) return true;
      if (this.connects?.hasOthers) {
        upgrade.giveBack();
        return leave();
      }
      this.answerTo(upgrade)();
      return true;
    });
  }

  private isTaken(upgrade: Upgrade): boolean {
    return this.owners.some(
      (owner) => (!upgrade.isHttp2 || owner.speaksHttp2) && owner.tryTake(upgrade),
    );
  }

  /**
   * An exception would end the process here; instead, it ends this socket. And before Node 24, a store that the
   * application enters with `enterWith()` would stay in a context shared by the upgrades of all connections.
   */
  private contain(socket: Duplex, run: () => boolean): boolean {
    const scope = new AsyncResource('NestjsRevaliWsUpgrade');
    try {
      return scope.runInAsyncScope(run);
    } catch (error) {
      this.cut(socket, error);
      return true;
    }
  }

  private cut(socket: Duplex, error: unknown): void {
    this.faults.add(() => `An upgrade was cut after ${stackOf(error)}`);
    socket.on('error', ignoreError);
    socket.destroy();
  }

  private dispatch(upgrade: Upgrade, emit: Emit, hasTurn = false): boolean {
    const { request, socket } = upgrade;
    for (const owner of this.owners) owner.onUpgrade?.(upgrade);
    if (earlierResponseOn(socket)) return this.hold(upgrade, emit);
    // Newer Node wraps the socket while the request's body is still to come. Such an upgrade is refused in any case.
    if (earlierResponseOn(request.socket)) {
      socket.on('error', ignoreError);
      request.socket.destroy();
      return true;
    }
    // Other protocols are plain requests, too, which need their connection as it is.
    const hasToWait = !hasTurn && upgrade.isWebSocket && !this.turns.tryTake();
    if (hasToWait) return this.awaitTurn(upgrade, emit);
    if (this.isTaken(upgrade)) return true;
    const answer = this.answerTo(upgrade);
    const ask = (): boolean => emit(EVENT, request, socket, upgrade.head);
    if (!this.hasOthers) answer();
    else if (this.isFull) refuseFull(socket);
    else return this.leaveToOthers(socket, ask, answer);
    return true;
  }

  /** Until the earlier responses on its socket have ended. */
  private hold(upgrade: Upgrade, emit: Emit): true {
    const { isFull } = this;
    const { socket } = upgrade;
    const held: HeldUpgrade = new HeldUpgrade(upgrade, this.timeoutMs, {
      pipelined: this.pipelined,
      onFault: (error) => this.cut(socket, error),
      // Must not run in the context of the earlier response.
      onFree: inOwnContext(() => void this.contain(socket, () => this.dispatch(upgrade, emit))),
      onOver: () => this.held.delete(held),
    });
    this.held.add(held);
    if (isFull) held.cut();
    return true;
  }

  /**
   * Nobody reads from the socket meanwhile: what the client sends or ends comes after its turn. The server is the one
   * who is late, so no deadline applies, and no limit.
   */
  private awaitTurn(upgrade: Upgrade, emit: Emit): true {
    const { socket } = upgrade;
    // Node has removed its own listeners: without one, a reset would end the process.
    socket.on('error', ignoreError);
    this.turns.add(() => {
      if (socket.destroyed) return;
      socket.off('error', ignoreError);
      this.contain(socket, () => this.dispatch(upgrade, emit, true));
    });
    return true;
  }

  /** Whether anybody else listens. */
  private get hasOthers(): boolean {
    return this.server.listenerCount(EVENT) > 1;
  }

  private get isFull(): boolean {
    return this.owners.some((owner) => owner.isFull?.());
  }

  private get timeoutMs(): number {
    return this.owners[0]?.timeoutMs ?? TIMEOUT_MS;
  }

  private leaveToOthers(socket: Duplex, ask: () => boolean, answer: () => void): boolean {
    // Other streams do not count written bytes.
    if (!(socket instanceof Socket)) return ask();
    const upgrade: UnclaimedUpgrade = new UnclaimedUpgrade(socket, this.timeoutMs, {
      answer,
      onOver: () => this.unclaimed.delete(upgrade),
    });
    this.unclaimed.add(upgrade);
    return upgrade.offer(ask);
  }

  private answerTo(upgrade: Upgrade): () => void {
    const { request, socket } = upgrade;
    const owner = this.owners.find((candidate) => candidate.refuseUnclaimed !== undefined);
    const answer = (): void => {
      if (owner?.refuseUnclaimed) return owner.refuseUnclaimed(upgrade);
      socket.on('error', ignoreError);
      writeRefusal(socket, new NotFoundException(`Cannot GET ${request.url}`), {}, request.method);
    };
    return () => contained({ onFault: (error) => this.cut(socket, error) }, answer);
  }
}

/** Avoids `instanceof`: another copy of this package has its own class. */
function isDispatch(value: unknown): value is UpgradeDispatch {
  return typeof value === 'object' && value !== null && 'refuseAllUnclaimed' in value;
}

function isUpgradeEvent(values: unknown[]): values is UpgradeEvent {
  return values.length >= 3;
}

function refuseFull(socket: Duplex): void {
  const { exception, headers } = tooManyPending();
  socket.on('error', ignoreError);
  writeRefusal(socket, exception, headers);
}

function define(server: Server, name: string | symbol, value: unknown): void {
  Object.defineProperty(server, name, { value, configurable: true, writable: true });
}

function ignore(): void {
  // The owners have been asked already.
}
