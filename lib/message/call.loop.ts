import { readHeader } from '../calls/call.header.js';
import { KeptSignals } from '../calls/kept.signals.js';
import { OpenCall } from '../calls/open.call.js';
import { CloseCode } from '../close/close.code.js';
import { refuseCall, sendDone } from './call.answer.js';
import type { Invocation } from './invocation.js';
import type { LoopLimits } from './loop.limits.js';
import { MessageBody } from './message.body.js';
import type { MessageHandler } from './message.handler.js';
import { MessageLoop, type LoopParts, type LoopPeer } from './message.loop.js';

const IN_USE = { statusCode: 409, message: 'A call with this id is open', error: 'Conflict' };
const NO_CALLS = {
  statusCode: 405,
  message: 'This route takes no messages',
  error: 'Method Not Allowed',
};

/** The loop of a client that puts a header before each message (`revali.v1`), and can therefore wait for answers. */
export class CallLoop extends MessageLoop {
  /** Calls that wait or run, by id: bounded by the messages that may wait or run. */
  private readonly calls = new Map<string, OpenCall>();
  /** Signals of finished calls. */
  private signals: KeptSignals | undefined;

  constructor(
    connection: LoopPeer,
    parts: LoopParts,
    limits: LoopLimits,
    /** Whether the route has a handler for messages. */
    private readonly takesMessages: boolean,
  ) {
    super(connection, { ...parts, handler: settling(parts.handler) }, limits);
  }

  override receive(data: Buffer, isBinary: boolean): void {
    const header = readHeader(data, isBinary);
    if (!header) {
      if (!this.isStopped) this.connection.abort(CloseCode.ProtocolError, 'Invalid message header');
      return;
    }
    const { kind, id, start } = header;
    if (kind === 'x') this.stopCall(id);
    else if (this.isStopped) return;
    else if (kind === 'c') this.takeCall(id, new MessageBody(data, isBinary, start));
    else if (this.takesMessages) this.admit(new MessageBody(data, isBinary, start));
  }

  /** Called at the end of the connection. */
  override abortCalls(): void {
    for (const call of this.calls.values()) call.abort();
    this.signals?.abort();
  }

  override stop(): void {
    super.stop();
    // Running calls are removed when they end.
    for (const [id, call] of this.calls) if (!call.isRunning) this.calls.delete(id);
  }

  /** Counts only bytes: a stop after many calls must be seen. */
  protected override get isFull(): boolean {
    return !this.hasSpareBytes;
  }

  private takeCall(id: string, body: MessageBody): void {
    if (!this.takesMessages) {
      refuseCall(id, this.connection.queue, NO_CALLS);
    } else if (this.calls.has(id)) {
      // At once: in its turn, it would look like the answer to a later call with that id.
      refuseCall(id, this.connection.queue, IN_USE);
    } else {
      const call = new OpenCall(id, this.onAnswered);
      this.admit(body, call);
      // Usually, it has been answered by now.
      if (!call.isAnswered) this.calls.set(id, call);
    }
  }

  /** A running call is answered at once, and keeps its turn until its handler is done. */
  private stopCall(id: string): void {
    const call = this.calls.get(id);
    if (!call || call.isStopped) return;
    this.connection.inScope(() => call.stop());
    if (call.isRunning) call.room = sendDone(call, this.connection.queue);
  }

  private readonly onAnswered = (call: OpenCall): void => {
    if (this.calls.get(call.id) === call) this.calls.delete(call.id);
    const { openAbortion } = call;
    if (openAbortion) (this.signals ??= new KeptSignals()).keep(openAbortion);
  };
}

/** However a call ends, its client learns of the end, unless the connection itself has ended. */
function settling(handler: MessageHandler): MessageHandler {
  return (invocation) => {
    const { call } = invocation;
    if (!call) return handler(invocation);
    call.isRunning = true;
    const pending = call.isStopped ? undefined : handler(invocation);
    return pending ? pending.then(() => settle(call, invocation)) : settle(call, invocation);
  };
}

function settle(
  call: OpenCall,
  { isCancelled, connection }: Invocation,
): Promise<void> | undefined {
  if (isCancelled) call.answered();
  else if (!call.isAnswered) return sendDone(call, connection.queue);
  return call.untilQuiet();
}
