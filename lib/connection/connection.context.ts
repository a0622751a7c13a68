import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { Invocation } from '../message/invocation.js';
import type { MessageHandler } from '../message/message.handler.js';
import type { CloseHandler } from './close.handler.js';

/** What runs in a connection. */
export interface ConnectionHandler {
  readonly handler: MessageHandler;
  /** Answers an error of a send that no handler waits for. */
  readonly onError: (error: unknown, invocation: Invocation) => Promise<void> | undefined;
  /** Is told of the end of a connection that was open. */
  readonly onClose?: CloseHandler;
}

/**
 * The asynchronous context of a handshake, in which everything of its connection runs. To be made in that context.
 */
export class ConnectionContext<
  Handler extends ConnectionHandler = ConnectionHandler,
> extends AsyncResource {
  constructor(readonly bound: Handler) {
    super('NestjsRevaliWsConnection');
  }

  /** What the call enters by `enterWith()` ends with it. */
  runCall<A, T>(call: (argument: A) => T, argument: A): T {
    // Where that would stay in a resource, the call gets one of its own, which inherits from this one.
    const scope = KEEPS_ENTERED ? this.runInAsyncScope(createScope) : this;
    return scope.runInAsyncScope<undefined, T>(call, undefined, argument);
  }
}

const createScope = (): AsyncResource => new AsyncResource('NestjsRevaliWsCall');

/** Before version 24 of Node, what is entered in a resource stays there. */
const KEEPS_ENTERED = keepsEntered();

function keepsEntered(): boolean {
  const storage = new AsyncLocalStorage<boolean>();
  const resource = new AsyncResource('NestjsRevaliWsProbe');
  resource.runInAsyncScope(() => storage.enterWith(true));
  const isKept = resource.runInAsyncScope(() => storage.getStore() === true);
  storage.disable();
  return isKept;
}
