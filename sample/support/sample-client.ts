import {
  connect,
  type ConnectOptions,
  type Message,
  type TestWebSocket,
} from 'nestjs-revali-ws/testing';

import type { RunningApp } from '../../test/support/apps/running-app.js';

/** Test machines are busy. */
const PATIENCE_MS = 10_000;

/** The testing kit's client for a sample. It checks that the sample sends what its AsyncAPI document says. */
export function connectTo(
  { app }: RunningApp,
  path: string,
  options: ConnectOptions = {},
): Promise<TestWebSocket> {
  return connect(app, path, { timeout: PATIENCE_MS, contract: true, ...options });
}

/** Everything not read so far, once the connection has closed. */
export async function messagesOf(client: TestWebSocket): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of client) messages.push(message);
  return messages;
}
