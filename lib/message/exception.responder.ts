import { CloseCode } from '../close/close.code.js';
import { closeFrame, type CloseFrame } from '../close/close.frame.js';
import {
  isCloseWebSocketException,
  UnserializableMessageException,
} from '../errors/revali-ws.exceptions.js';
import { catches, type MessageFilter } from '../nest/exception.filter.js';
import type { ErrorPolicy } from '../options/revali-ws.options.js';
import { isThenable } from '../values/thenable.js';
import { sendFailure } from './call.answer.js';
import { answerOf, INTERNAL, type ErrorAnswer } from './error.policy.js';
import type { HandlerLog } from './handler.log.js';
import type { Invocation } from './invocation.js';
import { MessageFilterHost, type HandlerIdentity } from './message.context.js';
import { NO_REPLY } from './no.reply.js';
import type { Delivery } from './result.delivery.js';

export interface ResponderParts {
  readonly identity: HandlerIdentity;
  readonly log: HandlerLog;
  readonly policy: ErrorPolicy;
  /** Method, controller, global: the first filter that catches the type handles it. */
  readonly filters: readonly MessageFilter[];
  readonly readBody: (invocation: Invocation) => unknown;
  readonly deliver: Delivery;
}

/** Answers exceptions of the message phase: exception filters first, then the error policy. */
export class ExceptionResponder {
  constructor(private readonly parts: ResponderParts) {}

  /** Never throws and never rejects: if even the answer fails, the connection closes. */
  respond(error: unknown, invocation: Invocation): Promise<void> | undefined {
    // Such as an error that throws when it is inspected.
    const giveUp = (): void => {
      this.parts.log.fault(error);
      close(closeFrame(CloseCode.InternalError, 'Internal server error'), error, invocation);
    };
    try {
      return this.answer(error, invocation)?.catch(giveUp);
    } catch {
      giveUp();
      return undefined;
    }
  }

  private answer(error: unknown, invocation: Invocation): Promise<void> | undefined {
    const { connection, call } = invocation;
    if (connection.hasEnded || (call?.isStopped === true && !isCloseWebSocketException(error))) {
      this.parts.log.lateFailure(error);
      return undefined;
    }
    if (error instanceof UnserializableMessageException) {
      // A failed send was answered when it failed; here, the handler only rethrows the error.
      if (error.isAnswered && !call) return undefined;
      error.isAnswered = true;
    }
    if (call) call.isFailing = true;
    const filter = this.parts.filters.find((candidate) => catches(candidate, error));
    return filter ? this.filter(filter, error, invocation) : this.applyPolicy(error, invocation);
  }

  private async filter(
    filter: MessageFilter,
    error: unknown,
    invocation: Invocation,
  ): Promise<void> {
    try {
      const host = new MessageFilterHost(this.parts.identity, invocation.connection, () =>
        this.parts.readBody(invocation),
      );
      const { connection, call } = invocation;
      const { answers } = connection;
      const returned: unknown = filter.func(error, host);
      const result: unknown = isThenable(returned) ? await returned : returned;
      if (result === NO_REPLY) return;
      // Filters of error reporters do not answer. Only the return value of a filter answers a call.
      if (result === undefined && (call || answers === connection.answers))
        await this.answerInstead(error, invocation);
      else await this.parts.deliver(result, invocation);
    } catch (thrown) {
      await this.applyPolicy(this.pickError(error, thrown), invocation);
    }
  }

  private async answerInstead(error: unknown, invocation: Invocation): Promise<void> {
    if (invocation.connection.hasEnded) this.parts.log.lateFailure(error);
    else await this.applyPolicy(error, invocation);
  }

  /** A filter may throw what the client should see; if the filter itself failed, the first error counts. */
  private pickError(error: unknown, thrown: unknown): unknown {
    if (!answerOf(thrown, 'close').isFault) return thrown;
    if (thrown !== error) this.parts.log.failedFilter(thrown);
    return error;
  }

  private async applyPolicy(error: unknown, invocation: Invocation): Promise<void> {
    // A client that waits for the answer to a call gets it, and stays connected.
    const answer = answerOf(error, invocation.call ? 'reply' : this.parts.policy);
    if (answer.isFault) this.parts.log.fault(error);
    if (answer.close) close(answer.close, error, invocation);
    else await this.reply(answer, invocation);
  }

  private async reply({ reply }: ErrorAnswer, invocation: Invocation): Promise<void> {
    const { call, connection } = invocation;
    try {
      await (call
        ? sendFailure(call, connection.queue, reply?.error)
        : this.parts.deliver(reply, invocation));
    } catch (error) {
      this.parts.log.fault(error);
      if (call) {
        await sendFailure(call, connection.queue, INTERNAL);
        return;
      }
      const answer = answerOf(error, 'close');
      if (answer.close) close(answer.close, error, invocation);
    }
  }
}

/** Closing also answers the call. */
function close(frame: CloseFrame, error: unknown, { connection, call }: Invocation): void {
  call?.answered();
  connection.closeForError(frame, error);
}
