import { readAnswer, withHeader, type OutgoingHeader } from '../calls/call.header.js';
import type { Payload } from '../send/payload.js';
import { CallItems } from './call-items.js';
import { describeMessage, toPayload, valueOf, type Message, type Sendable } from './message.js';
import { CallFailedException, UnexpectedMessageException } from './testing.exceptions.js';
import { WaitingRoom, type WaitFailures } from './waiting.room.js';

/** Options of `call()`. */
export interface CallOptions {
  /** Stops the call, which then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
}

interface Answer {
  readonly kind: OutgoingHeader['kind'];
  readonly message: Message;
}

/** How a message was classified. */
interface Received {
  readonly isAnswer: boolean;
  /** `undefined` if there is no call header. */
  readonly content: Message | undefined;
}

/** What calls need from their client. */
export interface CallerParts extends WaitFailures {
  readonly path: string;
  readonly timeout: () => number;
  readonly write: (payload: Payload) => void;
}

/** The calls of one client that speaks `revali.v1`, and the answers received so far. */
export class TestCalls {
  private readonly open = new Map<string, WaitingRoom<Answer>>();
  private made = 0;
  private isOver = false;

  constructor(private readonly parts: CallerParts) {}

  /** @returns Whether the message answers a call; if not, also the message after its header, if it has one. */
  receive(message: Message): Received {
    const isBinary = typeof message !== 'string';
    const data = isBinary ? message : Buffer.from(message);
    const header = readAnswer(data, isBinary);
    if (!header) return { isAnswer: false, content: undefined };
    const { kind, id, start } = header;
    const content = isBinary ? data.subarray(start) : data.toString('utf8', start);
    if (kind === '') return { isAnswer: false, content };
    this.open.get(id)?.put({ kind, message: content });
    return { isAnswer: true, content: undefined };
  }

  /** Nothing more will come. */
  end(): void {
    this.isOver = true;
    for (const answers of this.open.values()) answers.end();
  }

  async call(data: Sendable, { signal }: CallOptions): Promise<unknown> {
    signal?.throwIfAborted();
    const { id, answers } = this.begin(data);
    const stopped = rejectionOf(signal, () => this.stop(id));
    try {
      const answer = await Promise.race([this.take(answers), ...stopped.promises]);
      if (answer.kind === 'i') {
        this.stop(id);
        throw this.unexpected('a result', answer, 'the handler returns a stream: use stream()');
      }
      return this.valueOf(answer);
    } finally {
      stopped.release();
      this.open.delete(id);
    }
  }

  stream(data: Sendable): AsyncGenerator<unknown, void, undefined> {
    const { id, answers } = this.begin(data);
    return new CallItems({
      next: () => this.nextItem(id, answers),
      stop: () => {
        answers.end();
        // A finished call is no longer known.
        if (this.open.delete(id)) this.stop(id);
      },
    });
  }

  private async nextItem(
    id: string,
    answers: WaitingRoom<Answer>,
  ): Promise<{ readonly value: unknown } | undefined> {
    const answer = await this.take(answers);
    if (answer.kind !== 'i') this.open.delete(id);
    if (answer.kind === 'd') return undefined;
    if (answer.kind === 'r')
      throw this.unexpected('an item', answer, 'the handler returns a value: use call()');
    return { value: this.valueOf(answer) };
  }

  private begin(data: Sendable): { id: string; answers: WaitingRoom<Answer> } {
    const payload = toPayload(data);
    this.made += 1;
    const id = String(this.made);
    const answers = new WaitingRoom<Answer>(this.parts);
    this.open.set(id, answers);
    this.parts.write(withHeader(`c ${id}`, payload));
    return { id, answers };
  }

  private stop(id: string): void {
    if (!this.isOver) this.parts.write(`x ${id}\n`);
  }

  private take(answers: WaitingRoom<Answer>): Promise<Answer> {
    return answers.take('the answer to a call', this.parts.timeout());
  }

  private valueOf({ kind, message }: Answer): unknown {
    if (kind === 'e') throw new CallFailedException(this.parts.path, valueOf(message));
    return kind === 'd' ? undefined : valueOf(message);
  }

  private unexpected(awaited: string, { message }: Answer, why: string): Error {
    const shown = `the message ${describeMessage(message)} (${why})`;
    return new UnexpectedMessageException(this.parts.path, awaited, shown);
  }
}

/** A promise that rejects when the signal is aborted; none without a signal. */
function rejectionOf(
  signal: AbortSignal | undefined,
  onAbort: () => void,
): { promises: Promise<never>[]; release: () => void } {
  if (!signal) return { promises: [], release: () => undefined };
  let listener = (): void => undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    listener = () => {
      onAbort();
      reject(signal.reason);
    };
    signal.addEventListener('abort', listener, { once: true });
  });
  return { promises: [promise], release: () => signal.removeEventListener('abort', listener) };
}
