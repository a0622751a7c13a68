import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { Invocation } from '../message/invocation.js';
import type { MessageHandler } from '../message/message.handler.js';
import type { CloseHandler } from './close.handler.js';

/** The code that a connection runs. */
export interface ConnectionHandler {
  readonly handler: MessageHandler;
  /** Handles the error of a send that no handler awaits. */
  readonly onError: (error: unknown, invocation: Invocation) => Promise<void> | undefined;
  /** Called when a connection that was open has ended. */
  readonly onClose?: CloseHandler;
}

/** The asynchronous context of a handshake. Everything of its connection runs in it. Create it inside the handshake. */
export class ConnectionContext<
  Handler extends ConnectionHandler = ConnectionHandler,
> extends AsyncResource {
  constructor(readonly bound: Handler) {
    super('NestjsRevaliWsConnection');
  }

  /** A store that the call enters with `enterWith()` ends with the call. */
  runCall<A, T>(call: (argument: A) => T, argument: A): T {
    // If the store would stay in a resource, the call gets its own resource, which inherits from this one.
    const scope = KEEPS_ENTERED ? this.runInAsyncScope(createScope) : this;
    return scope.runInAsyncScope<undefined, T>(call, undefined, argument);
  }
}

const createScope = (): AsyncResource => new AsyncResource('NestjsRevaliWsCall');

/** Before Node 24, a store entered in a resource stays there. */
const KEEPS_ENTERED = keepsEntered();

function keepsEntered(): boolean {
  const storage = new AsyncLocalStorage<boolean>();
  const resource = new AsyncResource('NestjsRevaliWsProbe');
  resource.runInAsyncScope(() => storage.enterWith(true));
  const isKept = resource.runInAsyncScope(() => storage.getStore() === true);
  storage.disable();
  return isKept;
}
