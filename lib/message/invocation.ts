import type { ReceivingConnection } from '../connection/receiving.connection.js';
import type { Cancel } from '../send/result.stream.js';
import type { MessageBody } from './message.body.js';

/** One call of a handler: for a message, or for the opening of the connection (then without a body). */
export class Invocation {
  /** Stops the stream that the handler returned, while one runs. */
  cancel: Cancel | undefined;

  constructor(
    readonly connection: ReceivingConnection,
    readonly body: MessageBody | undefined,
  ) {}
}
