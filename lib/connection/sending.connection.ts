import { NoConnectionException } from '../revali-ws.exceptions.js';
import { SendQueue } from '../send/send.queue.js';
import { ConnectionFace } from './connection.face.js';
import type { HandshakeRequest } from './connection.handles.js';
import type { ConnectionScope } from './connection.scope.js';
import type { RouteRuntime } from './route.runtime.js';

/** One for all sends that need not wait: a loop over many connections makes thousands. */
const DONE = Promise.resolve();

/** The way out of a connection: what its calls return and what the application sends, in one queue. */
export abstract class SendingConnection extends ConnectionFace {
  /** @internal Messages that the application has sent by itself, and closes that it asked for. */
  answers = 0;
  protected scope: ConnectionScope | undefined;
  protected sendQueue: SendQueue | undefined;

  constructor(
    protected readonly runtime: RouteRuntime,
    request: HandshakeRequest,
    params: Readonly<Record<string, string | string[]>>,
  ) {
    super(request, params);
  }

  get bufferedAmount(): number {
    return this.sendQueue?.bufferedAmount ?? this.socket?.bufferedAmount ?? 0;
  }

  /** @internal */
  get queue(): SendQueue {
    return (this.sendQueue ??= this.createQueue());
  }

  /** @internal Resolves when another call may start; `undefined` where it may now. */
  roomToSend(): Promise<void> | undefined {
    return this.sendQueue?.forCalls();
  }

  /** @internal Messages that back-pressure dropped. */
  get droppedMessages(): number {
    return this.sendQueue?.dropped ?? 0;
  }

  send(data: unknown): Promise<void> {
    if (this.state === 'connecting') return handledRejection(new NoConnectionException('send()'));
    if (data === undefined) return DONE;
    this.answers += 1;
    if (this.runtime.options.mode === 'receiveOnly') return DONE;
    try {
      return this.queue.send(this.runtime.encode, data) ?? DONE;
    } catch (error) {
      this.onSendFailed(error);
      return handledRejection(error);
    }
  }

  onUnsent(): void {
    this.queue.watchForStall();
  }

  onTaken(): void {
    this.sendQueue?.onTaken();
  }

  protected abstract onSlowConsumer(): void;

  /** Deals with a value that cannot be sent. */
  protected abstract onSendFailed(error: unknown): void;

  /** Code of the application sees its own stores, whoever calls it. */
  protected inScope(run: () => void): void {
    if (this.scope) this.scope.runCall(run, undefined);
    else run();
  }

  private createQueue(): SendQueue {
    if (!this.socket) throw new NoConnectionException('The send queue');
    const { options, scheduler, counters } = this.runtime;
    const sink = this.socket.createSink(scheduler, counters);
    const queue = new SendQueue(sink, options.backpressure, () => this.onSlowConsumer());
    if (this.state === 'ended') queue.close();
    return queue;
  }
}

/** A rejection that the caller may ignore: the connection deals with it by itself. */
function handledRejection(error: unknown): Promise<never> {
  const rejection = Promise.reject(error);
  rejection.catch(() => undefined);
  return rejection;
}
