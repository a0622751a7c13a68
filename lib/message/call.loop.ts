import { readHeader } from '../calls/call.header.js';
import { OpenCall } from '../calls/open.call.js';
import { CloseCode } from '../close/close.code.js';
import { encoderOf } from '../send/message.encoder.js';
import { sendDone } from './call.answer.js';
import type { LoopLimits } from './loop.limits.js';
import type { Invocation } from './invocation.js';
import { MessageBody } from './message.body.js';
import type { MessageHandler } from './message.handler.js';
import { MessageLoop, type LoopParts, type LoopPeer } from './message.loop.js';

const encodeFailure = encoderOf('json');
const IN_USE = { statusCode: 409, message: 'A call with this id is open', error: 'Conflict' };
const NO_CALLS = {
  statusCode: 405,
  message: 'This route takes no messages',
  error: 'Method Not Allowed',
};

/** The loop of a client that puts a header in front of each message (`revali.v1`), and so may wait for answers. */
export class CallLoop extends MessageLoop {
  /** Calls that wait or run, by their ids: no more than messages may wait or run. */
  private readonly calls: Map<string, OpenCall>;

  constructor(
    connection: LoopPeer,
    parts: LoopParts,
    limits: LoopLimits,
    /** Whether the route has a handler for messages. */
    private readonly takesMessages: boolean,
  ) {
    const calls = new Map<string, OpenCall>();
    super(connection, { ...parts, handler: settling(parts.handler, calls) }, limits);
    this.calls = calls;
  }

  override receive(data: Buffer, isBinary: boolean): void {
    if (this.isStopped) return;
    const header = readHeader(data, isBinary);
    if (!header) {
      this.connection.abort(CloseCode.ProtocolError, 'Invalid message header');
      return;
    }
    const { kind, id, start } = header;
    if (kind === 'x') this.stopCall(id);
    else if (kind === 'c') this.takeCall(id, new MessageBody(data, isBinary, start));
    else if (this.takesMessages) this.admit(new MessageBody(data, isBinary, start));
  }

  /** At the end of the connection. */
  override abortCalls(): void {
    for (const call of this.calls.values()) call.abort();
  }

  override stop(): void {
    super.stop();
    // Those that run are let go of when they end.
    for (const [id, call] of this.calls) if (!call.isRunning) this.calls.delete(id);
  }

  private takeCall(id: string, body: MessageBody): void {
    if (!this.takesMessages) {
      this.refuse(id, NO_CALLS);
    } else if (this.calls.has(id)) {
      this.refuse(id, IN_USE);
    } else {
      const call = new OpenCall(id);
      this.admit(body, call);
      // Mostly it has been answered by now.
      if (!call.isSettled) this.calls.set(id, call);
    }
  }

  /** At once: in its turn, it would be taken for the answer to a later call of that id. */
  private refuse(id: string, reason: object): void {
    void this.connection.queue.send(new OpenCall(id).encoderOf('e', encodeFailure), reason);
  }

  private stopCall(id: string): void {
    const call = this.calls.get(id);
    if (call) this.connection.inScope(() => call.stop());
  }
}

/** Whatever becomes of a call, its client is told of the end, unless that is the end of the connection. */
function settling(handler: MessageHandler, calls: Map<string, OpenCall>): MessageHandler {
  return (invocation) => {
    const { call } = invocation;
    if (!call) return handler(invocation);
    call.isRunning = true;
    const pending = call.isStopped ? undefined : handler(invocation);
    return pending
      ? pending.then(() => settle(calls, call, invocation))
      : settle(calls, call, invocation);
  };
}

function settle(
  calls: Map<string, OpenCall>,
  call: OpenCall,
  { isCancelled, connection }: Invocation,
): Promise<void> | undefined {
  call.isSettled = true;
  calls.delete(call.id);
  return isCancelled ? undefined : sendDone(call, connection.queue);
}
