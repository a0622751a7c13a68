import type {
  Closed,
  ClosedKind,
  ConnectionState,
  Credentials,
  SocketEnd,
} from './client.types.js';
import type { Payload } from './message.format.js';
import type { Handshake, Socket } from './socket.js';

/** Events of a link's sockets, and the questions that it asks for them. */
export interface LinkEvents {
  handshake(credentials: Credentials | undefined): Handshake;
  open(socket: Socket): void;
  /** The server has processed the messages sent so far, or will. */
  accepted(): void;
  message(payload: Payload): void;
  /** @param isRefused Whether the server has processed no message. */
  lost(isRefused: boolean): void;
  state(state: ConnectionState): void;
  error(error: unknown): void;
  /** No message will be sent or received anymore. */
  ended(closed: Closed): void;
  /** The socket is closed. */
  close(end: SocketEnd): void;
}

/** Opens one socket after another while another attempt makes sense. */
export interface Link {
  readonly closed: Promise<Closed>;
  readonly state: () => ConnectionState;
  /** The current socket, from its creation to its end. */
  readonly socket: () => Socket | undefined;
  readonly start: () => void;
  readonly reconnect: () => void;
  /** Called by the user. The code is sent if there is a socket. */
  readonly close: (kind: ClosedKind, code?: number, reason?: string) => void;
}
