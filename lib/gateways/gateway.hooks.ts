import { Logger } from '@nestjs/common';
import { BaseWsExceptionFilter } from '@nestjs/websockets';
import { CloseCode } from '../close/close.code.js';
import { isCloseWebSocketException } from '../errors/revali-ws.exceptions.js';
import type { GatewayDefinition } from '../nest/gateway.explorer.js';
import { isThenable } from '../values/thenable.js';
import { GatewayClient } from './gateway.client.js';

type Hook = (this: unknown, client: unknown, ...rest: unknown[]) => unknown;

const guarded = new WeakSet<object>();

/**
 * Nest calls the hooks of gateways and ignores their results: an exception ends the process, and `handleDisconnect`
 * gets nothing or only the code. Adapters cannot intercept either call, so the methods themselves are wrapped, each
 * once; for clients of other adapters, the wrapper does nothing.
 */
export function guardHooks({ target }: GatewayDefinition): void {
  wrap(target, 'handleConnection', guardConnection);
  wrap(target, 'handleDisconnect', guardDisconnect);
}

function guardConnection(hook: Hook): Hook {
  return function (this: unknown, client, ...rest) {
    const call = (): unknown => Reflect.apply(hook, this, [client, ...rest]);
    return client instanceof GatewayClient ? run(call, (error) => refuse(client, error)) : call();
  };
}

function guardDisconnect(hook: Hook): Hook {
  return function (this: unknown, client, ...rest) {
    const call = (...told: unknown[]): unknown => Reflect.apply(hook, this, [client, ...told]);
    const closed = client instanceof GatewayClient ? client.connection?.closed : undefined;
    return closed ? run(() => call(closed.code, closed.reason), logError) : call(...rest);
  };
}

function run(call: () => unknown, onError: (error: unknown) => void): unknown {
  try {
    const result = call();
    return isThenable(result) ? Promise.resolve(result).catch(onError) : result;
  } catch (error) {
    onError(error);
    return undefined;
  }
}

/** Sends the client the error in Nest's form for handler exceptions, and closes. */
function refuse(client: GatewayClient, error: unknown): void {
  if (isCloseWebSocketException(error)) {
    client.connection?.close(error.code, error.reason);
    return;
  }
  const cause = { pattern: 'handleConnection', data: undefined };
  new BaseWsExceptionFilter().handleError(client, error, cause);
  client.connection?.close(CloseCode.InternalError, 'Internal server error');
}

function logError(error: unknown): void {
  new Logger('WebSocketGateways').error(error);
}

function wrap(target: object, name: string, guard: (hook: Hook) => Hook): void {
  const owner = ownerOf(target, name);
  const hook: unknown = owner && Reflect.get(owner, name);
  if (!owner || !isHook(hook) || guarded.has(hook)) return;
  const wrapper = guard(hook);
  for (const key of Reflect.getMetadataKeys(hook)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, hook), wrapper);
  }
  Object.defineProperty(wrapper, 'name', { value: name });
  const present = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { ...present, value: wrapper });
  guarded.add(wrapper);
}

/** The object in the prototype chain that has the method, so that one wrapper serves all. */
function ownerOf(target: object, name: string): object | undefined {
  for (let owner: object | null = target; owner; owner = Reflect.getPrototypeOf(owner)) {
    if (Object.hasOwn(owner, name)) return owner;
  }
  return undefined;
}

function isHook(value: unknown): value is Hook {
  return typeof value === 'function';
}
