import { STATUS_CODES } from 'node:http';

import { encodeFrame, Opcode } from './raw-frame.js';
import type { RawResponse } from './raw-response.js';
import type { RawUpgrade } from './raw-upgrade.js';
import type { RunningApp } from '../apps/running-app.js';

/**
 * Sends an upgrade with a message right behind it, as if it had been let in, and asserts what every
 * refusal has in common: one well-formed HTTP response that is no 101, and the end of the connection.
 */
export async function refusedUpgrade(
  app: RunningApp,
  path: string,
  upgrade: RawUpgrade = {},
): Promise<RawResponse> {
  const client = await app.raw();
  const message = encodeFrame({ opcode: Opcode.text, payload: 'smuggled' });
  client.upgrade(path, { extraBytes: message, ...upgrade });
  const response = await client.response();
  const { status, statusLine, headers, body } = response;
  expect(status).not.toBe(101);
  expect(statusLine).toBe(`HTTP/1.1 ${status} ${STATUS_CODES[status]}`);
  expect(headers['connection']).toEqual(['close']);
  expect(headers['content-length']).toEqual([String(Buffer.byteLength(body))]);
  expect(headers).not.toHaveProperty('sec-websocket-accept');
  // At once: not when the server gives up waiting for the client to leave.
  expect(await client.untilEnded(700)).toEqual({ kind: 'end' });
  expect(client.unread).toHaveLength(0);
  return response;
}

/** The body that Nest gives an exception of this status. */
export function nestBody(statusCode: number, message: string): Record<string, unknown> {
  return { message, error: STATUS_CODES[statusCode], statusCode };
}
