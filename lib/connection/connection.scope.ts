import { AsyncResource } from 'node:async_hooks';
import type { Invocation } from '../message/invocation.js';
import type { MessageHandler } from '../message/message-handler.factory.js';

/** What runs in a connection. */
export interface ConnectionHandler {
  readonly handler: MessageHandler;
  /** Answers an error of a send that no handler waits for. */
  readonly onError: (error: unknown, invocation: Invocation) => Promise<void> | undefined;
}

/**
 * The asynchronous context of a handshake, in which everything of its connection runs. To be made in that context.
 */
export class ConnectionScope extends AsyncResource {
  constructor(readonly bound: ConnectionHandler) {
    super('NestjsRevaliWsConnection');
  }
}
