import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type PerMessageDeflateOptions, type Server } from 'ws';
import { OwnedSocket } from './owned.socket.js';

export interface AcceptorOptions {
  readonly maxPayload: number;
  readonly closeTimeout: number;
  readonly perMessageDeflate: boolean | PerMessageDeflateOptions;
}

/** What the 101 tells the client. */
export interface Acceptance {
  readonly headerLines: readonly string[];
  readonly protocol: string | undefined;
}

/** An upgrade that was let in. */
interface AdmittedUpgrade {
  /** With the headers of HTTP/1.1. */
  readonly requestForWs: IncomingMessage;
  readonly socket: Duplex;
  /** What the client has sent already. */
  readonly head: Buffer;
}

/** Minimum size that each chunk of an incomplete message counts as: the average that a client may stay below. */
const MIN_CHUNK = 256;
const MIN_CHUNKS = 1_024;

/** The default of ws would let one client take a hundred times maxPayload, at one byte per TCP segment. */
export function chunksFor(maxPayload: number): number {
  // One more, because the header of the frame is in them.
  return Math.max(MIN_CHUNKS, Math.ceil(maxPayload / MIN_CHUNK) + 1);
}

/** Turns an admitted upgrade request into an open socket. The decision was made before. */
export class UpgradeAcceptor {
  /** Belongs to the upgrade in progress: `ws` asks for it synchronously. */
  private acceptance: Acceptance | undefined;
  private readonly server: Server<typeof OwnedSocket>;

  constructor(options: AcceptorOptions) {
    this.server = new WebSocketServer({
      ...options,
      maxBufferedChunks: chunksFor(options.maxPayload),
      noServer: true,
      // The connection answers pings.
      autoPong: false,
      clientTracking: false,
      WebSocket: OwnedSocket,
      handleProtocols: () => this.acceptance?.protocol ?? false,
    });
    this.server.on('headers', (headers) => {
      headers.push(...(this.acceptance?.headerLines ?? []));
    });
  }

  /**
   * @param onOpen Called synchronously.
   * @returns False if the client has left, or its extension offer is malformed (400).
   */
  accept(
    { requestForWs, socket, head }: AdmittedUpgrade,
    acceptance: Acceptance,
    onOpen: (socket: OwnedSocket) => void,
  ): boolean {
    let isOpen = false;
    this.acceptance = acceptance;
    // A guard may have corked its response, which will never uncork this socket again.
    while (socket.writableCorked > 0) socket.uncork();
    this.server.handleUpgrade(requestForWs, socket, head, (opened) => {
      isOpen = true;
      // The socket may have been paused during the handshake.
      if (socket.isPaused()) socket.resume();
      onOpen(opened);
    });
    this.acceptance = undefined;
    return isOpen;
  }
}
