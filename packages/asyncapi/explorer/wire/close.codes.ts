/** Meanings of close codes that depend on the reason, which is looked up first. */
const BY_REASON: Readonly<Record<string, string>> = {
  '1000 Closed by the server': 'A handler closed the connection.',
  '1000 Normal closure': 'The value or the stream of this route is done.',
  '1001 Server is shutting down': 'The application is closing.',
  '1001 Heartbeat lost': 'No pong came in time.',
  '1001 Idle timeout': 'You sent no message within the idle time-out of this route.',
  '1002 Invalid message header': 'This client speaks revali.v1: each message needs a header line.',
  '1007 Invalid payload': 'The message could not be decoded.',
  '1007 Unknown message type': 'No method takes a message of this type.',
  '1008 Slow consumer': 'This client reads too slowly.',
  '1008 Too many messages': 'More messages came than the rate of this route allows.',
  '1008 Too many queued messages': 'Messages have waited too long for a busy handler.',
  '1008 Too many control frames': 'Too many pings or pongs came within one message.',
  '1011 Internal server error': 'A handler failed. The log of the application says why.',
  '1012 Lifetime is over': 'The lifetime of this route is over: connect again.',
  '1013 Rooms are not available': 'The broker of rooms did not take it. Try again later.',
  '1013 Try again later': 'The broker of rooms is lost. Try again later.',
  '1013 Server is starting': 'The application has not started yet. Try again later.',
};

const BY_CODE: Readonly<Record<number, string>> = {
  1000: 'Normal closure.',
  1001: 'The other side is going away.',
  1002: 'A side broke the protocol.',
  1003: 'Data of this kind is not taken here.',
  1005: 'The close frame had no code.',
  1006: 'The connection ended without a close frame.',
  1007: 'The contents of a message were not as they should be.',
  1008: 'A message or its sender broke a rule of the server.',
  1009: 'A message was larger than the other side takes.',
  1010: 'An extension was missing.',
  1011: 'An error within the server.',
  1012: 'The server restarts: connect again.',
  1013: 'The server is busy: try again later.',
  1014: 'A gateway got an invalid answer.',
  1015: 'TLS failed.',
};

/** The meaning of a close, in one sentence. The document's own words come first. */
export function meaningOf(
  code: number,
  reason: string,
  closes: ReadonlyMap<number, string> = new Map(),
): string {
  const own = closes.get(code) ?? BY_REASON[`${code} ${reason}`] ?? BY_CODE[code];
  if (own !== undefined) return own;
  if (code >= 4400 && code < 4600) return `Refused, as with the HTTP status ${code - 4000}.`;
  if (code >= 4000 && code < 5000) return 'A code of the application.';
  return code >= 3000 && code < 4000 ? 'A registered code.' : 'An unknown code.';
}

/** Whether a page may close with the code. */
export function isClosable(code: number, isRelayed: boolean): boolean {
  if (code === 1000 || (code >= 3000 && code <= 4999)) return true;
  return isRelayed && code > 1000 && code < 1015 && ![1004, 1005, 1006].includes(code);
}
