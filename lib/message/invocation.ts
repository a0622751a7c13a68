import type { WebSocket } from 'ws';
import type { OpenCall } from '../calls/open.call.js';
import type { CloseFrame } from '../close/close.frame.js';
import type {
  AsyncWebSocketSender,
  CleanUp,
  CloseWebSocket,
  HandshakeRequest,
  WebSocketConnection,
} from '../handles/connection.handles.js';
import type { RoomMember } from '../rooms/room.member.js';
import type { RoomPlaces } from '../rooms/room.places.js';
import type { OutgoingEncoder } from '../send/message.encoder.js';
import type { Cancel } from '../send/result.stream.js';
import type { SendQueue } from '../send/send.queue.js';
import { ABSENT, type RosterMember } from '../values/roster.js';
import type { BodyKind, ReadableBody } from './message.body.js';

/** The handles of a connection, each created on first use. */
export interface CallHandles {
  readonly sender: AsyncWebSocketSender;
  readonly cleanUp: CleanUp;
  closerFor(invocation: Invocation): CloseWebSocket;
}

/** What a call needs from its connection. */
export interface CallPeer {
  readonly request: HandshakeRequest;
  readonly signal: AbortSignal;
  readonly socket: WebSocket | undefined;
  readonly queue: SendQueue;
  readonly lent: CallHandles;
  /** The rooms that it is in; `undefined` until it enters one. */
  readonly places: RoomPlaces<RoomMember> | undefined;
  /** Encodes the connection's own messages, which answer no call. */
  readonly encode: OutgoingEncoder;
  /** How the handshake's Content-Type classifies bodies without a type. */
  readonly contentKind: BodyKind;
  /** Whether code outside this package has the connection. */
  readonly isLent: boolean;
  /** Whether nothing can be sent any more. */
  readonly hasEnded: boolean;
  /** Counts the application's own messages and closes. */
  answers: number;
  /** Hands the connection to the application, whose calls may close it from now on. */
  lend(): WebSocketConnection;
  /** Closes after an uncaught error: messages that the call has sent go out first. */
  closeForError(frame: CloseFrame, error: unknown): void;
}

/** One handler call: for a message, or for the opening of the connection (without a body). */
export class Invocation implements RosterMember {
  rosterPlace = ABSENT;
  /** Stops the handler's stream while one runs. */
  cancel: Cancel | undefined;
  /** Whether its stream was told to stop. */
  isCancelled = false;
  /** Whether interceptors pass on the items of a generator, which waits for its client. */
  isPulled = false;
  /** The type of the message, if handlers are selected by type. */
  type: string | undefined;

  constructor(
    readonly connection: CallPeer,
    /** A handler selected by type may get a part of the message. */
    public body: ReadableBody | undefined,
    /** Present if the client waits for an answer to this message. */
    readonly call?: OpenCall,
  ) {}
}
