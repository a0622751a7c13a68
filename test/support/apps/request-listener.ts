import type { INestApplication } from '@nestjs/common';
import type { RequestListener } from 'node:http';

function isListener(value: unknown): value is RequestListener {
  return typeof value === 'function';
}

/** What a server of the test's own calls, so that it serves the application as well. */
export function listenerOf(app: INestApplication): RequestListener {
  const adapter = app.getHttpAdapter();
  const instance: unknown = adapter.getInstance();
  const listener: unknown =
    adapter.getType() === 'fastify' ? Reflect.get(Object(instance), 'routing') : instance;
  if (!isListener(listener)) throw new Error('the platform has no request listener');
  return listener;
}
