import type { IncomingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';
import { withHeader } from '../calls/call.header.js';
import { isCallProtocol } from '../options/call.protocol.js';
import { CloseCode } from '../close/close.code.js';
import type { ContractWatch } from './contract.watch.js';
import { endsOf, type ClosedWith } from './closed-with.js';
import { handled, within } from './deadline.js';
import { Inbox } from './inbox.js';
import { parseJson, quote, toMessage, toPayload, type Message, type Sendable } from './message.js';
import { TestCalls, type CallOptions } from './test-calls.js';
import type { Notices, RoomNotice, TestRooms } from './test-rooms.js';
import {
  CallsNotSpokenException,
  ConnectionClosedException,
  DeadlineExceededException,
  RoomsNotSpokenException,
} from './testing.exceptions.js';
import { UnsentMessages } from './unsent.messages.js';
import { WaitingRoom } from './waiting.room.js';

/**
 * A WebSocket client for tests. It keeps every message, from the first one on, until you ask for it. Each wait has a
 * deadline that starts with the call, and a failed wait says what came instead.
 */
export class TestWebSocket implements AsyncIterable<Message> {
  /** Headers of the 101. */
  readonly headers: IncomingHttpHeaders = {};
  private readonly inbox: Inbox;
  private readonly pongs: WaitingRoom<Buffer>;
  private readonly ending: Promise<ClosedWith>;
  private outcome: ClosedWith | undefined;
  private fault: Error | undefined;
  private readonly unsent: UnsentMessages;

  /**
   * @internal Created by `connect()`.
   * @param socket The raw socket of `ws`, for anything this class has no method for.
   * @param timeout How long a wait may take, in ms. You can change it for the waits that follow.
   */
  constructor(
    readonly socket: WebSocket,
    private readonly path: string,
    public timeout: number,
    private readonly contract?: ContractWatch,
  ) {
    const failures = {
      late: (awaited: string) => this.late(awaited),
      over: (awaited: string) => this.over(awaited),
    };
    this.inbox = new Inbox(path, failures, contract);
    this.pongs = new WaitingRoom(failures);
    this.unsent = new UnsentMessages(socket);
    socket.on('upgrade', ({ headers }) => Object.assign(this.headers, headers));
    socket.once('open', () => (this.inbox.calls = this.createCalls()));
    socket.on('message', (data, isBinary) => this.inbox.receive(toMessage(data, isBinary)));
    socket.on('pong', (payload) => this.pongs.put(payload));
    socket.on('error', (error) => (this.fault = error));
    this.ending = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve(this.end(code, reason.toString())));
    });
  }

  /** The subprotocol that was chosen, `''` if there is none. */
  get protocol(): string {
    return this.socket.protocol;
  }

  /** Whether you can still send messages. */
  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /**
   * Resolves when the connection closes, or at once if it is closed; the deadline starts when you read the property.
   */
  get closed(): Promise<ClosedWith> {
    return within(this.unlessBroken(this.ending), this.timeout, () => this.late('the close'));
  }

  /** @throws ConnectionClosedException if the connection is no longer open. */
  send(data: Sendable): void {
    if (!this.isOpen) throw this.over('an open connection to send on');
    this.contract?.assertReceived(data);
    const payload = toPayload(data);
    this.unsent.write(this.inbox.calls ? withHeader('', payload) : payload);
  }

  /**
   * Sends a message and waits for its own answer. The client must speak `revali.v1`:
   * `connect(app, path, { protocols: 'revali.v1' })`. The type argument is not checked.
   *
   * @returns What the handler returns: the value of a JSON text, any other text as is, bytes as a Buffer, `undefined`
   * for nothing.
   * @throws CallFailedException with the server's error.
   * @throws UnexpectedMessageException if the handler returns a stream.
   */
  call<T = unknown>(data: Sendable, options?: CallOptions): Promise<T>;
  call(data: Sendable, options: CallOptions = {}): Promise<unknown> {
    const calling = Promise.resolve().then(() => this.useCalls('call()', data).call(data, options));
    return handled(calling);
  }

  /**
   * Iterates over the stream that the handler returns. The message is sent at once; leaving the loop stops the stream.
   *
   * @throws CallFailedException with the server's error, from the loop.
   * @throws UnexpectedMessageException if the handler returns a value, from the loop.
   */
  stream<T = unknown>(data: Sendable): AsyncGenerator<T, void, undefined>;
  stream(data: Sendable): AsyncGenerator<unknown, void, undefined> {
    return this.useCalls('stream()', data).stream(data);
  }

  /** The next message, in the order of arrival. */
  next(): Promise<Message> {
    return this.take('a message', (message) => message);
  }

  /** The next message, which must be a text. */
  text(): Promise<string> {
    return this.take('a text message', (message) =>
      typeof message === 'string' ? message : undefined,
    );
  }

  /** The next message, which must be a JSON text. The type argument is not checked. */
  json<T = unknown>(): Promise<T>;
  json(): Promise<unknown> {
    return this.take('a JSON message', parseJson);
  }

  /** The next message, which must be binary. */
  binary(): Promise<Buffer> {
    return this.take('a binary message', (message) =>
      typeof message === 'string' ? undefined : message,
    );
  }

  /**
   * The next notice of this type from a room. Other notices are kept for later.
   *
   * @param room `<kind>/<name>`; any room if omitted.
   * @throws RoomsNotSpokenException if the client does not speak `revali.v1`: `connect(app, path, { resume: true })`.
   */
  notice<T extends keyof Notices>(type: T, room?: string): Promise<Notices[T]>;
  notice(type: RoomNotice['type'], room?: string): Promise<RoomNotice> {
    const telling = Promise.resolve().then(() =>
      this.useRooms('notice()').take(type, room, this.timeout),
    );
    return handled(telling);
  }

  /**
   * This client's place in a room that keeps history: after the last of its messages that you have taken. `undefined`
   * for a room that the client is not in.
   *
   * @param room `<kind>/<name>`.
   * @throws RoomsNotSpokenException if the client does not speak `revali.v1`.
   */
  position(room: string): string | undefined {
    return this.useRooms('position()').position(room);
  }

  /** The {@link position} in each room, by `<kind>/<name>`. Resume with `connect(app, path, { resume: positions })`. */
  get positions(): Readonly<Record<string, string>> {
    return this.useRooms('positions').positions;
  }

  /**
   * Resolves when everything sent has left this client. If the server does not read, about 128 KiB leave without a
   * port, and with a port as much as the kernel buffers.
   */
  drain(): Promise<void> {
    return handled(this.unlessBroken(this.untilSent('the server to read what was sent')));
  }

  /** Resolves with the pong's payload. */
  ping(payload: string | Buffer = ''): Promise<Buffer> {
    if (this.isOpen) this.socket.ping(payload);
    return handled(this.unlessBroken(this.pongs.take('a pong', this.timeout)));
  }

  /** Stops reading, as a slow client does: neither messages nor the close are seen until `resume()`. */
  pause(): void {
    this.socket.pause();
  }

  /** Resumes reading, starting with what came in the meantime. */
  resume(): void {
    this.socket.resume();
  }

  /** Starts the closing handshake. Resolves with the close frame that the server answers. */
  close(code = 1000, reason = ''): Promise<ClosedWith> {
    this.contract?.closing(code);
    this.socket.close(code, reason);
    return this.closed;
  }

  /** Cuts the connection without a close frame. */
  terminate(): Promise<ClosedWith> {
    this.contract?.closing(CloseCode.Abnormal);
    this.socket.terminate();
    return this.closed;
  }

  /** The messages until the connection closes for any reason. Leaving the loop leaves the connection open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    for (;;) {
      const message = await this.nextOrEnd();
      if (message === undefined) return;
      yield message;
    }
  }

  /** `await using socket = await connect(…)` */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.close();
    } catch {
      await this.terminate();
    }
  }

  private async nextOrEnd(): Promise<Message | undefined> {
    try {
      return await this.next();
    } catch (error) {
      if (error instanceof ConnectionClosedException) return undefined;
      throw error;
    }
  }

  private take<T>(awaited: string, read: (message: Message) => T | undefined): Promise<T> {
    if (this.contract?.violation) return this.contract.broken;
    return handled(this.inbox.take(awaited, this.timeout, read));
  }

  /** Rejects on a contract violation that comes before the promise settles, or instead of it. */
  private unlessBroken<T>(promise: Promise<T>): Promise<T> {
    return this.contract ? Promise.race([this.contract.broken, promise]) : promise;
  }

  private async untilSent(awaited: string): Promise<void> {
    const late = (): Error => this.late(`${awaited} (${this.socket.bufferedAmount} bytes wait)`);
    await within(Promise.race([this.unsent.gone, this.ending]), this.timeout, late);
    if (!this.unsent.isEmpty) throw this.over(awaited);
  }

  private useRooms(what: string): TestRooms {
    if (!this.inbox.calls) throw new RoomsNotSpokenException(this.path, what, this.protocol);
    return this.inbox.rooms;
  }

  private useCalls(method: string, data: Sendable): TestCalls {
    const { calls } = this.inbox;
    if (!calls) throw new CallsNotSpokenException(this.path, method, this.protocol);
    if (!this.isOpen) throw this.over('an open connection to call on');
    this.contract?.assertReceived(data);
    return calls;
  }

  private createCalls(): TestCalls | undefined {
    if (!isCallProtocol(this.protocol)) return undefined;
    return new TestCalls({
      path: this.path,
      timeout: () => this.timeout,
      write: (payload) => this.unsent.write(payload),
      late: (awaited) => this.late(awaited),
      over: (awaited) => this.over(awaited),
    });
  }

  private end(code: number, reason: string): ClosedWith {
    this.outcome = { code, reason };
    this.contract?.holdsClose(code, reason);
    this.inbox.end();
    this.pongs.end();
    return this.outcome;
  }

  private late(awaited: string): Error {
    const { path, timeout, contract } = this;
    return (
      contract?.violation ?? new DeadlineExceededException(path, awaited, timeout, this.situation())
    );
  }

  private over(awaited: string): Error {
    if (this.contract?.violation) return this.contract.violation;
    return new ConnectionClosedException(this.path, awaited, this.outcome, this.situation());
  }

  /** What came instead of the awaited message, and what came before. */
  private situation(): string {
    const { arrived, before } = this.inbox;
    if (this.fault) arrived.push(`the error ${quote(this.fault.message)}`);
    arrived.push(...endsOf(this.socket, this.outcome));
    return `${arrived.join(' and ') || 'nothing'}${before}`;
  }
}
