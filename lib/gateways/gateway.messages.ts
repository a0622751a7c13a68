import type { WsMessageHandler } from '@nestjs/common';
import { AsyncResource } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { mergeMap, of, type Observable, type Subscription } from 'rxjs';
import { CloseCode } from '../close/close.code.js';
import { contained, type FaultOwner } from '../errors/contained.js';
import { stackOf } from '../log/error.text.js';
import { STARTS_PER_TURN, type Resumable } from '../message/turn.scheduler.js';
import { pullSourceOf } from '../send/pull.source.js';
import { observePull } from '../send/result.stream.js';
import { discardPromise } from '../values/thenable.js';
import type { GatewayBacklog } from './gateway.backlog.js';
import { encodeResult } from './gateway.encoder.js';
import type { GatewayFrame } from './gateway.options.js';
import type { GatewayRuntime } from './gateway.runtime.js';

/** Nest's function that reads a handler's result. */
export type ResultTransform = (result: unknown) => Observable<unknown>;

/** The owner of the messages. */
interface MessagesOwner extends FaultOwner {
  readonly backlog: GatewayBacklog;
  write(payload: string | Uint8Array): void;
  close(code: number, reason: string): void;
  /** Enough handlers are running. */
  holdMessages(): void;
  /** There is room again. */
  releaseMessages(): void;
  /** No handler runs, no stream continues, and no message waits. */
  onAllDone(): void;
}

type Callback = WsMessageHandler['callback'];

interface Handler {
  readonly callback: Callback;
  readonly transform: ResultTransform;
}

/** A handler call, until everything it returned is sent. */
interface RunningCall {
  /** The size of its message. */
  readonly bytes: number;
  /** After that, only its stream continues. */
  hasReturned: boolean;
  items: Subscription | undefined;
}

interface GatewayMessage {
  readonly event: unknown;
  readonly data?: unknown;
}

/** For a `maxPayload` that would not fit even a few small messages. */
const MIN_RUNNING_BYTES = 64 * 1024;

/**
 * The messages of one client: each goes to the handlers of its event in all gateways that share the server, and their
 * results are sent. Messages are handled concurrently, as with Nest's `WsAdapter`; above the limit, nothing more is
 * decoded.
 */
export class GatewayMessages implements Resumable {
  private isHeld = false;
  private isYielding = false;
  /** Calls started since the last turn of the event loop. */
  private started = 0;
  private readonly handlers = new Map<unknown, Handler[]>();
  private readonly calls = new Set<RunningCall>();
  private running = 0;
  private runningBytes = 0;
  private isStopped = false;
  private whenIdle: (() => void)[] = [];
  private whenDone: (() => void)[] = [];

  constructor(
    private readonly connection: MessagesOwner,
    private readonly runtime: GatewayRuntime,
  ) {}

  /** Whether a handler runs, a stream continues, or messages wait. */
  get isBusy(): boolean {
    return this.isHeld || this.calls.size > 0;
  }

  /** Called once for each gateway. */
  bind(handlers: readonly WsMessageHandler<unknown>[], transform: ResultTransform): void {
    // If one gateway has two handlers for an event, the last one counts, as with Nest's own adapter.
    for (const [event, callback] of new Map(handlers.map((item) => [item.message, item.callback])))
      this.handlers.set(event, [...(this.handlers.get(event) ?? []), { callback, transform }]);
  }

  receive(data: Buffer, isBinary: boolean): void {
    if (this.isStopped) return;
    this.start(isBinary ? data : data.toString(), data.length);
    this.started += 1;
    this.yieldTurn();
    if (this.isHeld || this.hasRoom) return;
    this.isHeld = true;
    this.connection.holdMessages();
  }

  onFault(error: unknown): void {
    this.connection.onFault(error);
  }

  /** Continues in a later turn of the event loop. */
  resume(): void {
    this.isYielding = false;
    this.started = 0;
    this.goOn();
  }

  /** No new message starts; running calls continue. */
  stop(): void {
    this.isStopped = true;
    this.release();
  }

  /** Calls wait for a client that reads its answers too slowly. */
  onRoom(): void {
    this.goOn();
  }

  /** Also gives up the results in progress. */
  end(): void {
    this.stop();
    for (const { items } of this.calls) items?.unsubscribe();
  }

  /** Ends the streams that handlers have returned. */
  stopStreams(): void {
    for (const { hasReturned, items } of this.calls) if (hasReturned) items?.unsubscribe();
  }

  /** Resolves when no handler runs and all results have been sent; streams may continue. */
  async idle(): Promise<void> {
    if (this.running > 0) await new Promise<void>((resolve) => this.whenIdle.push(resolve));
    // Nest takes a few turns to pass on a result.
    await nextTurn();
  }

  /** Resolves when no handler runs, no stream continues, and no message waits. */
  async done(): Promise<void> {
    if (this.isBusy) await new Promise<void>((resolve) => this.whenDone.push(resolve));
  }

  deliver(result: unknown): void {
    if (result === undefined || result === null) return;
    try {
      this.connection.write(encodeResult(result));
    } catch (error) {
      this.fail(error);
    }
  }

  /** An error of any kind only affects its own stream. */
  fail(error: unknown): void {
    // Nest's logger reads properties of the error, and throws if one cannot be read.
    this.runtime.logger.error(stackOf(error));
    this.connection.close(CloseCode.InternalError, 'Internal server error');
  }

  private get hasRoom(): boolean {
    const { maxQueuedMessages, maxPayload } = this.runtime.options;
    if (this.isYielding || this.running >= maxQueuedMessages) return false;
    if (this.runningBytes >= Math.max(maxPayload, MIN_RUNNING_BYTES)) return false;
    return this.connection.backlog.admitsCalls;
  }

  private yieldTurn(): void {
    const { turns } = this.runtime;
    if (this.isYielding || (this.started < STARTS_PER_TURN && !turns.isOver)) return;
    this.isYielding = true;
    turns.wait(this);
  }

  private start(frame: GatewayFrame, bytes: number): void {
    const message = this.read(frame);
    if (!message) return;
    const handlers = this.handlers.get(message.event);
    if (!handlers) {
      this.runtime.counters.unknown += 1;
      this.runtime.notices.unknown.add(
        () => 'A message was dropped: no @SubscribeMessage() matches its event',
      );
      return;
    }
    for (const handler of handlers) this.run(handler, message, bytes);
  }

  private read(frame: GatewayFrame): GatewayMessage | undefined {
    const { counters, notices, parser } = this.runtime;
    try {
      const message = parser(frame);
      const isPromise = discardPromise(message);
      if (message && !isPromise) return message;
      notices.undecodable.add(() =>
        isPromise
          ? 'A frame was dropped: the message parser returned a promise instead of the message'
          : 'A frame was dropped: it is not a message',
      );
    } catch (error) {
      // Messages of JSON.parse() quote the text that failed to parse.
      notices.undecodable.add(() => `A frame was dropped: it cannot be parsed (${kindOf(error)})`);
    }
    counters.undecodable += 1;
    return undefined;
  }

  private run(handler: Handler, { event, data }: GatewayMessage, bytes: number): void {
    const { callback, transform } = handler;
    this.running += 1;
    this.runningBytes += bytes;
    // A store that the call enters with `enterWith()` ends with the call, even before Node 24.
    const scope = new AsyncResource('NestjsRevaliWsGatewayCall');
    const result = settled(() => scope.runInAsyncScope(() => callback(data, event)));
    const call: RunningCall = { bytes, hasReturned: false, items: undefined };
    this.calls.add(call);
    const onReturned = (): void => contained(this, () => this.onReturned(call));
    void result.then(onReturned, onReturned);
    const items = transform(result).pipe(mergeMap((item) => this.itemsOf(item)));
    call.items = items.subscribe({
      next: (item) => this.deliver(item),
      // Exception filters have handled it, and one of them threw.
      error: (error: unknown) => this.fail(error),
    });
    call.items.add(() => this.onEnded(call));
  }

  /** Nest passes generators on as they are. */
  private itemsOf(item: unknown): Observable<unknown> {
    const source = pullSourceOf(item);
    return source ? observePull(source, () => this.connection.backlog.room()) : of(item);
  }

  private onReturned(call: RunningCall): void {
    call.hasReturned = true;
    this.running -= 1;
    this.runningBytes -= call.bytes;
    this.goOn();
    if (this.running > 0) return;
    for (const resolve of this.whenIdle.splice(0)) resolve();
  }

  private onEnded(call: RunningCall): void {
    this.calls.delete(call);
    this.tellDone();
  }

  private goOn(): void {
    if (this.hasRoom) this.release();
  }

  private release(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.connection.releaseMessages();
    this.tellDone();
  }

  private tellDone(): void {
    if (this.isBusy) return;
    this.connection.onAllDone();
    for (const resolve of this.whenDone.splice(0)) resolve();
  }
}

/** Passes observables and promises through, and turns an exception into a rejection. */
async function settled(call: () => unknown): Promise<unknown> {
  return await call();
}

function kindOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
