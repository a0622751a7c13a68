import { constants, type ServerHttp2Stream } from 'node:http2';
import { ignoreError } from '../close/ignored.errors.js';
import { VirtualSocket, type Done } from '../ws/virtual.socket.js';
import { readAnswerHead } from './answer.head.js';
import { ChunkedBody } from './chunked.body.js';
import { showPeer } from './stream.peer.js';

const OK = 200;
/** Node ends a stream with one of these itself. */
const WITHOUT_BODY = new Set([204, 205, 304]);

/**
 * Bytes that wait for the network as those of a TCP connection do in the kernel: they count as sent. Otherwise, any burst
 * would look like a client that does not read.
 */
const TAKEN_AT_ONCE = 128 * 1024;

/**
 * Bytes beyond these that are passed to the stream at once: those of one frame, unless the client allows larger ones. So
 * a client that reads slowly shows its progress.
 */
const PIECE = 16 * 1024;

/**
 * One stream of HTTP/2 as the socket of an HTTP/1.1 upgrade. Node's response and `ws` answer in HTTP/1.1; the head of
 * their answer becomes that of the stream, with 200 for 101 (RFC 8441 section 5), and bytes after it pass as they are. A
 * reset of the stream is the end of the network, and the end of one side is a FIN.
 */
export class StreamSocket extends VirtualSocket {
  /** The begun head of the answer; `undefined` once the stream has one. */
  private head: Buffer | undefined = Buffer.alloc(0);
  /** Whether it ended before the answer, or without a closing handshake, and not because the client left. */
  isCut = false;
  /** Whether its status allows no body: Node has ended the stream. */
  private isBodyless = false;
  private chunks: ChunkedBody | undefined;
  private isAccepted = false;
  private isGivenBack = false;
  /** Bytes that the network has not taken. */
  private onTheWay = 0;
  private readonly releases: readonly (() => void)[];

  constructor(private readonly source: ServerHttp2Stream) {
    super({ allowHalfOpen: true });
    showPeer(this, source);
    const onData = (chunk: Buffer): void => {
      this.bytesRead += chunk.length;
      this.touch();
      if (!this.push(chunk)) source.pause();
    };
    const onClose = (): void => void this.destroy();
    source.on('data', onData);
    source.pause();
    source.on('end', this.onPeerEnd);
    source.on('close', onClose);
    source.on('error', ignoreError);
    this.releases = [
      () => source.off('data', onData),
      () => source.off('end', this.onPeerEnd),
      () => source.off('close', onClose),
      () => source.off('error', ignoreError),
    ];
  }

  /** Leaves the stream to another owner, as Node hands it over. Only before anything is read or written. */
  giveBack(): void {
    for (const release of this.releases) release();
    Reflect.set(this.source, 'readableFlowing', null);
    this.isGivenBack = true;
    this.destroy();
  }

  override _read(): void {
    this.source.resume();
  }

  override _final(done: Done): void {
    const { source } = this;
    // Nothing is read after a refusal, and the client need not end its side (RFC 9113 section 8.1).
    if (!this.isAccepted) this.once('finish', () => this.destroy());
    // Without an answer, there is nothing to end.
    if (this.head) this.destroy();
    if (this.head || source.closed || source.destroyed) done();
    else source.end(() => done());
  }

  override _destroy(error: Error | null, done: Done): void {
    if (!this.isGivenBack) this.endSource();
    super._destroy(error, done);
  }

  /**
   * As over TCP, the end is read a turn after the data before it, and not while nobody reads. Otherwise, `ws` would end
   * its side before those messages are answered.
   */
  private readonly onPeerEnd = (): void => {
    setImmediate(() => {
      if (this.isPaused()) this.once('resume', this.onPeerEnd);
      else this.push(null);
    });
  };

  private endSource(): void {
    const { source } = this;
    const isWhole = this.writableFinished && !this.head;
    this.isCut = !isWhole && !source.closed && !source.destroyed;
    // While Node reads the session, nghttp2 may go on with a stream that is closed and freed here (nodejs/node#65093).
    setImmediate(() => {
      source.close(isWhole ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_CANCEL);
      // Unread data would keep the stream.
      source.destroy();
    });
  }

  protected override transmit(parts: readonly Buffer[], done: Done): void {
    try {
      this.pass(this.isOpen ? parts : parts.flatMap((part) => this.bodyOf(part)), done);
    } catch (error) {
      // The stream is gone, or a header cannot be sent.
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Whether bytes pass as they are. */
  private get isOpen(): boolean {
    return !this.head && !this.chunks;
  }

  private pass(parts: readonly Buffer[], done: Done): void {
    if (this.isBodyless) return done();
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (length === 0) return done();
    if (this.onTheWay + length > TAKEN_AT_ONCE)
      return this.passPieces(piecesOf(Buffer.concat(parts)), done);
    // The owner may reuse its bytes at once.
    this.passOne(Buffer.concat(parts), ignoreDone);
    return done();
  }

  /** One after the other: the stream reports only on all that it has. */
  private passPieces(pieces: readonly Buffer[], done: Done): void {
    const [first, ...others] = pieces;
    if (!first) return done();
    return this.passOne(first, (error) => {
      if (error) done(error);
      else this.passPieces(others, done);
    });
  }

  private passOne(bytes: Buffer, done: Done): void {
    const { length } = bytes;
    this.onTheWay += length;
    this.source.write(bytes, (error) => {
      this.onTheWay -= length;
      if (!error) {
        this.bytesWritten += length;
        this.touch();
      }
      done(error);
    });
  }

  /** @returns The bytes for the stream; none before its head is complete. */
  private bodyOf(bytes: Buffer): Buffer[] {
    if (!this.head) return this.chunks ? this.chunks.decode(bytes) : [bytes];
    const begun = this.head.length === 0 ? bytes : Buffer.concat([this.head, bytes]);
    const read = readAnswerHead(begun);
    if (!read) {
      this.head = begun;
      return [];
    }
    const [{ status, headers, isOpen, isChunked }, rest] = read;
    this.isAccepted = isOpen;
    const isInformation = status < OK;
    if (isInformation) this.source.additionalHeaders({ ...headers, ':status': status });
    else this.source.respond({ ...headers, ':status': status });
    this.isBodyless = WITHOUT_BODY.has(status);
    this.head = isInformation ? Buffer.alloc(0) : undefined;
    if (isChunked) this.chunks = new ChunkedBody();
    return rest.length === 0 ? [] : this.bodyOf(rest);
  }
}

function piecesOf(bytes: Buffer): Buffer[] {
  const count = Math.ceil(bytes.length / PIECE);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * PIECE, (index + 1) * PIECE),
  );
}

function ignoreDone(): void {
  // The stream's end tells the rest.
}
