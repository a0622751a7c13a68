import { ApplicationConfig } from '@nestjs/core';
import { APPLICATION_END } from '../nest/application.end.js';

/**
 * Whether `app.close()` has run, according to the module, or to our gateway adapter if the application sets it up
 * itself.
 */
export function isClosed(app: object): boolean {
  const config = find(app, ApplicationConfig);
  const adapter = config instanceof ApplicationConfig ? config.getIoAdapter() : undefined;
  return killed.has(app) || isOver(find(app, APPLICATION_END)) || isOver(adapter);
}

const killed = new WeakSet<object>();

/** Makes the application look closed to clients. */
export function markKilled(app: object): void {
  killed.add(app);
}

/** `app.get()` throws if there is no such provider. */
function find(app: object, token: unknown): unknown {
  try {
    return isContainer(app) ? app.get(token, { strict: false }) : undefined;
  } catch {
    return undefined;
  }
}

interface Container {
  get(token: unknown, options: { readonly strict: boolean }): unknown;
}

function isContainer(app: object): app is Container {
  return 'get' in app && typeof app.get === 'function';
}

function isOver(end: unknown): boolean {
  return typeof end === 'object' && end !== null && Reflect.get(end, 'isOver') === true;
}
