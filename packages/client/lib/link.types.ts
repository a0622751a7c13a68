import type {
  Closed,
  ClosedKind,
  ConnectionState,
  Credentials,
  SocketEnd,
} from './client.types.js';
import type { Payload } from './message.format.js';
import type { Handshake, Socket } from './socket.js';

/** What a link tells of its sockets, and asks for them. */
export interface LinkEvents {
  handshake(credentials: Credentials | undefined): Handshake;
  open(socket: Socket): void;
  /** The server has run, or will run, what it was sent. */
  accepted(): void;
  message(payload: Payload): void;
  /** @param isRefused Whether the server has run nothing. */
  lost(isRefused: boolean): void;
  state(state: ConnectionState): void;
  error(error: unknown): void;
  /** Nothing more will be sent or received. */
  ended(closed: Closed): void;
  /** The socket is closed. */
  close(end: SocketEnd): void;
}

/** One socket after another, as long as another attempt makes sense. */
export interface Link {
  readonly closed: Promise<Closed>;
  readonly state: () => ConnectionState;
  /** The current one, from its making to its end. */
  readonly socket: () => Socket | undefined;
  readonly start: () => void;
  readonly reconnect: () => void;
  /** By the user: with the code where there is a socket. */
  readonly close: (kind: ClosedKind, code?: number, reason?: string) => void;
}
