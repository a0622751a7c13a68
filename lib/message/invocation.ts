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
import type { BodyKind, ReadableBody } from './message.body.js';

/** The handles of a connection, each made when it is asked for. */
export interface CallHandles {
  readonly sender: AsyncWebSocketSender;
  readonly cleanUp: CleanUp;
  closerFor(invocation: Invocation): CloseWebSocket;
}

/** What a call asks of its connection. */
export interface CallPeer {
  readonly request: HandshakeRequest;
  readonly signal: AbortSignal;
  readonly socket: WebSocket | undefined;
  readonly queue: SendQueue;
  readonly lent: CallHandles;
  /** The rooms that it is in; `undefined` until it enters one. */
  readonly places: RoomPlaces<RoomMember> | undefined;
  /** Encodes a message of its own, which answers no call. */
  readonly encode: OutgoingEncoder;
  /** What the handshake's Content-Type says of bodies without a type. */
  readonly contentKind: BodyKind;
  /** Whether anybody but this package has the connection. */
  readonly isLent: boolean;
  /** Nothing can be sent any more. */
  readonly hasEnded: boolean;
  /** Messages that the application has sent by itself, and closes that it asked for. */
  answers: number;
  /** Gives the connection to the application, whose calls may close it from then on. */
  lend(): WebSocketConnection;
  /** For an uncaught error: what the call had sent before goes out first. */
  closeForError(frame: CloseFrame, error: unknown): void;
}

/** One call of a handler: for a message, or for the opening of the connection (then without a body). */
export class Invocation {
  /** Stops the stream that the handler returned, while one runs. */
  cancel: Cancel | undefined;
  /** Whether its stream was told to stop. */
  isCancelled = false;
  /** Whether interceptors pass on the items of a generator, which waits for its client. */
  isPulled = false;
  /** Of the message, where handlers go by it. */
  type: string | undefined;

  constructor(
    readonly connection: CallPeer,
    /** One that goes by the type of its message may get a part of it. */
    public body: ReadableBody | undefined,
    /** Where the client waits for an answer to this very message. */
    readonly call?: OpenCall,
  ) {}
}
