import { STATUS_CODES } from 'node:http';
import { closeFrame, type CloseFrame } from './close.frame.js';

/** Added to the HTTP status: 4401, 4403, 4404, 4429, 4503. */
const CODE_OFFSET = 4_000;

/** What a client sees if a refusal is a close frame. */
export function refusalFrame(status: number, message: string): CloseFrame {
  return closeFrame(CODE_OFFSET + status, message);
}

/** The message of a body in Nest's form; the status text for any other body. */
export function refusalMessage(body: unknown, status: number): string {
  const message: unknown =
    typeof body === 'object' && body !== null ? Reflect.get(body, 'message') : undefined;
  if (Array.isArray(message)) return message.map(String).join(', ');
  return typeof message === 'string' ? message : (STATUS_CODES[status] ?? 'Refused');
}
