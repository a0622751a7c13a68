import type { ContractWatch } from './contract.watch.js';
import { describeMessage, describeMessages, type Message } from './message.js';
import type { TestCalls } from './test-calls.js';
import { describeNotice, TestRooms } from './test-rooms.js';
import { UnexpectedMessageException } from './testing.exceptions.js';
import { WaitingRoom, type WaitFailures } from './waiting.room.js';

/** The messages that a client received, without headers, apart from those for its calls and rooms. */
export class Inbox {
  readonly rooms: TestRooms;
  /** `undefined` if messages have no headers. */
  calls: TestCalls | undefined;
  private readonly messages: WaitingRoom<Message>;
  private lastTaken: Message | undefined;

  constructor(
    private readonly path: string,
    failures: WaitFailures,
    private readonly contract?: ContractWatch,
  ) {
    this.messages = new WaitingRoom(failures);
    this.rooms = new TestRooms(failures);
  }

  receive(message: Message): void {
    if (this.contract?.holdsSent(message, this.calls !== undefined) === false) {
      this.end();
      return;
    }
    const own = this.calls ? this.withoutHeader(message, this.calls) : message;
    if (own !== undefined) this.messages.put(own);
  }

  /** @param read Returns `undefined` if the message is of another kind. */
  async take<T>(
    awaited: string,
    timeout: number,
    read: (message: Message) => T | undefined,
  ): Promise<T> {
    const message = await this.messages.take(awaited, timeout);
    this.rooms.taken();
    const value = read(message);
    if (value === undefined)
      throw new UnexpectedMessageException(this.path, awaited, describeMessages([message]));
    this.lastTaken = message;
    return value;
  }

  end(): void {
    this.messages.end();
    this.rooms.end();
    this.calls?.end();
  }

  /** Messages that arrived but were not taken, as errors show them. */
  get arrived(): string[] {
    const { queued } = this.messages;
    return [
      ...(queued.length > 0 ? [describeMessages(queued)] : []),
      ...this.rooms.queued.map((notice) => `the notice ${describeNotice(notice)}`),
    ];
  }

  /** The message taken last, as errors show it. */
  get before(): string {
    return this.lastTaken === undefined
      ? ''
      : `, after the message ${describeMessage(this.lastTaken)}`;
  }

  /** @returns `undefined` for an answer to a call, or a notice of a room. */
  private withoutHeader(message: Message, calls: TestCalls): Message | undefined {
    const { isAnswer, content } = calls.receive(message);
    if (isAnswer) return undefined;
    if (content === undefined) return this.rooms.receive(message);
    this.rooms.pass();
    return content;
  }
}
