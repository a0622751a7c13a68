import { isIPv6, type AddressInfo, type Socket } from 'node:net';
import { VirtualSocket, type Done } from '../ws/virtual.socket.js';
import { later } from './own.context.js';

/** Bytes that either side buffers before the other has to wait. */
const BUFFER = 64 * 1024;

/** The first port that is not assigned to a service (RFC 6335 section 6). */
const FIRST_PORT = 49_152;

/** The other end, as the kernel would report it. */
export interface InProcessPeer {
  /** Default: `127.0.0.1`. */
  readonly remoteAddress?: string | undefined;
  /** The protocol that both sides have agreed on, after TLS. Default: `http/1.1`, unless the server speaks only `h2`. */
  readonly alpnProtocol?: 'http/1.1' | 'h2';
}

interface Side extends InProcessPeer {
  readonly allowHalfOpen: boolean;
  readonly isEncrypted: boolean;
}

const LOOPBACK = '127.0.0.1';

/** Its other end is another socket in this process instead of the kernel. */
export class InProcessSocket extends VirtualSocket {
  override readonly remoteAddress: string;
  override readonly remoteFamily: string;
  override readonly localAddress = '127.0.0.1';
  override readonly localFamily = 'IPv4';
  /** Set on TLS sockets. */
  readonly encrypted: true | undefined;
  /** Read by servers that also support HTTP/2. */
  readonly alpnProtocol: 'http/1.1' | 'h2' | undefined;
  private peer: InProcessSocket | undefined;
  private hasEnded = false;
  /** Lets the peer write again. */
  private held: Done | undefined;

  constructor(
    override readonly localPort: number,
    override readonly remotePort: number,
    side: Side,
  ) {
    const options = { allowHalfOpen: side.allowHalfOpen, highWaterMark: BUFFER };
    super(options);
    this.remoteAddress = side.remoteAddress ?? LOOPBACK;
    this.remoteFamily = isIPv6(this.remoteAddress) ? 'IPv6' : 'IPv4';
    if (!side.isEncrypted) return;
    this.encrypted = true;
    this.alpnProtocol = side.alpnProtocol ?? 'http/1.1';
  }

  join(peer: InProcessSocket): void {
    this.peer = peer;
  }

  override address(): AddressInfo {
    return { address: this.localAddress, family: this.localFamily, port: this.localPort };
  }

  override _read(): void {
    const resume = this.held;
    this.held = undefined;
    resume?.();
  }

  /** Copies: `ws` unmasks received bytes in place, and senders may keep using what they sent. */
  protected override transmit(parts: readonly Buffer[], done: Done): void {
    this.send(Buffer.concat(parts), done);
  }

  override _final(done: Done): void {
    later(() => {
      this.peer?.finishReading();
      done();
    });
  }

  override _destroy(error: Error | null, done: Done): void {
    const blocked = this.held;
    this.held = undefined;
    later(() => {
      blocked?.(failure('ECONNRESET', 'read'));
      this.peer?.finishReading();
    });
    super._destroy(error, done);
  }

  /** Sends in pieces, as the peer reads: a stream passes on everything it has buffered at once. */
  private send(bytes: Buffer, done: Done): void {
    later(() => {
      const piece = bytes.subarray(0, BUFFER);
      const rest = bytes.subarray(BUFFER);
      this.bytesWritten += piece.length;
      this.touch();
      const next: Done = (error) => {
        if (error || rest.length === 0) done(error);
        else this.send(rest, done);
      };
      this.peer?.receive(piece, next);
    });
  }

  private receive(bytes: Buffer, done: Done): void {
    if (this.destroyed || this.hasEnded) {
      done(failure('EPIPE', 'write'));
      return;
    }
    this.bytesRead += bytes.length;
    this.touch();
    if (this.push(bytes)) done();
    else this.held = done;
  }

  /** The peer sends no more. */
  private finishReading(): void {
    if (this.hasEnded || this.destroyed) return;
    this.hasEnded = true;
    this.push(null);
  }
}

let nextPort = FIRST_PORT;

/** Two ends of one connection without a port. @param peer As the server's end shows it. */
export function socketPair(
  isEncrypted: boolean,
  { remoteAddress, alpnProtocol = 'http/1.1' }: InProcessPeer = {},
): { client: Socket; server: Socket } {
  const clientPort = nextPort;
  nextPort = nextPort === 65_535 ? FIRST_PORT : nextPort + 1;
  const serverPort = isEncrypted ? 443 : 80;
  const client = new InProcessSocket(clientPort, serverPort, {
    allowHalfOpen: false,
    isEncrypted,
    alpnProtocol,
  });
  // An HTTP server lets clients end their side before they are answered.
  const server = new InProcessSocket(serverPort, clientPort, {
    allowHalfOpen: true,
    isEncrypted,
    remoteAddress,
    alpnProtocol,
  });
  client.join(server);
  server.join(client);
  return { client, server };
}

function failure(code: string, syscall: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
}
