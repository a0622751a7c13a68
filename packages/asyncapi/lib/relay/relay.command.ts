import { isRecord } from '../schema/json.schema.js';
import { RelayFault } from './relay.request.js';

/** A page's messages after its request. */
export type RelayCommand =
  | { readonly data: string | Buffer }
  | { readonly code: number | undefined; readonly reason: string };

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const MAX_REASON = 123;

/** @throws RelayFault */
export function readRelayCommand(message: unknown): RelayCommand {
  const { send, close } = isRecord(message) ? message : {};
  if (isRecord(send)) return { data: readData(send) };
  if (isRecord(close)) return readClose(close);
  throw new RelayFault('A message is {"send": {"text" or "base64"}} or {"close": {"code"}}.');
}

function readData({ text, base64 }: Readonly<Record<string, unknown>>): string | Buffer {
  if (typeof text === 'string') return text;
  if (typeof base64 !== 'string' || base64.length % 4 !== 0 || !BASE64.test(base64))
    throw new RelayFault('"send" has to have a "text", or bytes as "base64".');
  return Buffer.from(base64, 'base64');
}

function readClose({ code, reason = '' }: Readonly<Record<string, unknown>>): RelayCommand {
  const isFine = code === undefined || (typeof code === 'number' && isSendable(code));
  if (!isFine || typeof reason !== 'string' || Buffer.byteLength(reason) > MAX_REASON)
    throw new RelayFault(
      '"close" has to have a "code" of 1000-1003, 1007-1014 or 3000-4999 and a "reason" of at most 123 bytes.',
    );
  return { code, reason };
}

function isSendable(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 3000 && code <= 4999) return true;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

export function parseText(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw new RelayFault('A message has to be JSON.');
  }
}
