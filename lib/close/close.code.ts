/**
 * The close codes of RFC 6455 section 7.4.1 and of the IANA registry, by name. `NoStatus`, `Abnormal` and
 * `TlsHandshake` only describe how a connection ended; no side may send them.
 */
export const CloseCode = {
  /** 1000: the purpose of the connection is fulfilled. */
  Normal: 1000,
  /** 1001: the server is shutting down, or the user has left the page. Also for an idle client, or a lost heartbeat. */
  GoingAway: 1001,
  /** 1002: a frame violates the protocol. */
  ProtocolError: 1002,
  /** 1003: this endpoint does not accept this type of data. */
  UnsupportedData: 1003,
  /** 1005: the peer's close frame had no code. Never sent. */
  NoStatus: 1005,
  /** 1006: the connection ended without a close frame. Never sent. */
  Abnormal: 1006,
  /** 1007: a message does not fit its type, such as invalid JSON or a failed validation. */
  InvalidPayload: 1007,
  /** 1008: a rule without a code of its own was violated, such as a rate limit. */
  PolicyViolation: 1008,
  /** 1009: a message is larger than `maxPayload`. */
  MessageTooBig: 1009,
  /** 1010: the server did not negotiate an extension that the client needs. Clients send it. */
  MandatoryExtension: 1010,
  /** 1011: an error of the server. */
  InternalError: 1011,
  /** 1012: the server is restarting. */
  ServiceRestart: 1012,
  /** 1013: the server is overloaded; try again later. */
  TryAgainLater: 1013,
  /** 1014: a gateway got an invalid response. */
  BadGateway: 1014,
  /** 1015: the TLS handshake failed. Never sent. */
  TlsHandshake: 1015,
} as const;

/** What clients read when the application stops, however they are told. */
export const SHUTTING_DOWN = 'Server is shutting down';

/** Codes 1004, 1005, 1006 and 1015 are reserved: they must never be sent in a frame. */
export function isSendableCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 3000 && code <= 4999) return true;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}
