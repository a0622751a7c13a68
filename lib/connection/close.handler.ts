import { runIsolated } from '../close/clean-up.list.js';
import { handleKindOf } from '../handles/connection.handles.js';
import type { ArgumentsReader, BodyRequest } from '../message/handler.arguments.js';
import { Invocation, type CallPeer } from '../message/invocation.js';
import { emittedTypesOf, paramMetadataOf } from '../nest/param.metadata.js';
import type { ConnectionOutcome } from '../observers/web-socket.observer.js';

/** Tells a controller that its connection has ended. Settles when the controller is done; never rejects. */
export type CloseHandler = (outcome: ConnectionOutcome, connection: CallPeer) => Promise<void>;

export interface CloseParts {
  readonly call: (args: unknown[]) => unknown;
  readonly readArguments: ArgumentsReader;
  /** The positions of the arguments that receive the outcome. */
  readonly outcomeAt: readonly number[];
  readonly onError: (error: unknown) => void;
}

export function createCloseHandler(parts: CloseParts): CloseHandler {
  const { call, readArguments, outcomeAt, onError } = parts;
  return (outcome, connection) =>
    runIsolated(() => {
      const tell = (args: unknown[]): unknown => {
        for (const index of outcomeAt) args[index] = outcome;
        return call(args);
      };
      const args = readArguments(new Invocation(connection, undefined));
      return args instanceof Promise ? args.then(tell) : tell(args);
    }, onError);
}

/** Parameters that neither a decorator nor their type explains. */
export function unexplainedParams(
  { controller, prototype, methodName }: BodyRequest,
  arity: number,
): number[] {
  const types = emittedTypesOf(prototype, methodName);
  const decorated = new Set(paramMetadataOf(controller, methodName).map(({ index }) => index));
  const isUnexplained = (index: number): boolean =>
    !decorated.has(index) &&
    types[index] !== AbortSignal &&
    handleKindOf(types[index]) === undefined;
  return Array.from({ length: Math.max(arity, types.length) }, (_, index) => index).filter(
    isUnexplained,
  );
}
