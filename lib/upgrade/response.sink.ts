import { HttpStatus } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Writable, type Duplex } from 'node:stream';
import type { FaultOwner } from '../errors/contained.js';
import { PEER_METHODS, PEER_PROPERTIES } from '../ws/peer.face.js';
import { assignSocket, detachSocket } from '../ws/response.owner.js';

const EOL = '\r\n';
const NEED_DRAIN = 'writableNeedDrain';

/** Properties of `response.socket` that middleware reads, taken from the real socket. */
const SHOWN = [...PEER_PROPERTIES, 'alpnProtocol', 'bytesRead', 'timeout'] as const;

/** Methods that middleware calls on it. */
const PASSED_ON = [
  ...PEER_METHODS,
  'ref',
  'setKeepAlive',
  'setNoDelay',
  'setTimeout',
  'unref',
] as const;

/** Headers that the answer to the upgrade sets itself, or that mean nothing in a 101. */
const OWN_HEADERS = new Set([
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Replaces the socket while an answer is created that must not be sent as is. While the HTTP platform answers 101,
 * hooks that set headers or save sessions run as for any response, and their headers are sent with the real 101. If
 * refusals are close frames, the whole answer ends here.
 */
export class ResponseSink extends Writable {
  private readonly chunks: Buffer[] = [];
  private size = 0;
  /** Whether the real socket survives when this is destroyed. */
  private isApart = false;

  /**
   * @param real The socket that this replaces.
   * @param limit Bytes to keep; the rest is dropped.
   */
  constructor(
    readonly real: Duplex,
    private readonly limit = Infinity,
  ) {
    super();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.size < this.limit) this.chunks.push(chunk);
    this.size += chunk.length;
    done();
  }

  /** If the application destroys its response, the client is gone. As on a socket, nobody gets the error. */
  override _destroy(_error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.isApart && !this.writableEnded) this.real.destroy();
    done();
  }

  /** From now on it may end in any way: the socket belongs to another owner. */
  setApart(): this {
    this.isApart = true;
    return this;
  }

  /** Works as on a socket: Node's response calls it at its end. */
  destroySoon(): void {
    this.end();
  }

  /** `undefined` if more was written than is kept. */
  get bytes(): Buffer | undefined {
    if (this.size > this.limit) return undefined;
    const [first] = this.chunks;
    return first && this.chunks.length === 1 ? first : Buffer.concat(this.chunks);
  }

  /** The status of the answer that it has taken; 500 if that is no answer. */
  get status(): number {
    const head = this.bytes?.toString('latin1') ?? '';
    const [, status = HttpStatus.INTERNAL_SERVER_ERROR] =
      /^HTTP\/1\.1 ([2-5]\d\d) /.exec(head) ?? [];
    return Number(status);
  }

  /** Header lines for the 101; `undefined` if the platform answered with another status. */
  headerLines(): string[] | undefined {
    const head = this.bytes?.toString('latin1');
    if (!head?.startsWith('HTTP/1.1 101 ')) return undefined;
    const lines: string[] = [];
    let start = head.indexOf(EOL) + EOL.length;
    for (;;) {
      const end = head.indexOf(EOL, start);
      // The head ends with the empty line.
      if (end <= start) return lines;
      const name = head.slice(start, head.indexOf(':', start)).toLowerCase();
      if (!OWN_HEADERS.has(name)) lines.push(head.slice(start, end));
      start = end + EOL.length;
    }
  }
}

for (const name of SHOWN) {
  Object.defineProperty(ResponseSink.prototype, name, {
    configurable: true,
    get(this: ResponseSink): unknown {
      return Reflect.get(this.real, name);
    },
  });
}

for (const name of PASSED_ON) {
  Object.defineProperty(ResponseSink.prototype, name, {
    configurable: true,
    writable: true,
    value(this: ResponseSink, ...args: unknown[]): unknown {
      const method: unknown = Reflect.get(this.real, name);
      const result: unknown =
        typeof method === 'function' ? Reflect.apply(method, this.real, args) : undefined;
      return result === undefined || result === this.real ? this : result;
    },
  });
}

/**
 * Resumes a stream into a response once the response's target has drained. Node does this in a listener on the socket,
 * but removes that listener for an upgrade.
 */
export function passDrainOn(response: ServerResponse, target: Writable): void {
  if (response.writableEnded || response.destroyed) return;
  // Node would clear its own mark here. If the mark stayed, the next pipe would wait from its start.
  Object.defineProperty(response, NEED_DRAIN, {
    configurable: true,
    get: () => !response.destroyed && !response.writableEnded && target.writableNeedDrain,
  });
  response.emit('drain');
}

/**
 * Ends a request as Node does when its client has left.
 *
 * @param owner Receives what a listener throws: Node turns it into an error of the request, and such an error without a
 * listener would end the process.
 */
export function abortRequest(request: IncomingMessage, owner: FaultOwner): void {
  const reason = aborted();
  request.on('error', (error) => {
    if (error !== reason) owner.onFault(error);
  });
  request.destroy(reason);
}

/** Node's own error for it. */
export function aborted(): Error {
  return Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}

/** Ends a request as Node does once it is answered, for code that waits for its end. */
export function finishRequest(request: IncomingMessage): void {
  if (request.readableFlowing === null) request.resume();
}

/**
 * Detaches a response from the socket and ends it, in the next turn, as Node does when a socket dies: it is destroyed,
 * emits `close`, and takes no more bytes. The socket lives on.
 */
export function closeResponse(response: ServerResponse, socket: Duplex): void {
  detachSocket(response, socket);
  const gone = new ResponseSink(socket, 0).setApart().destroy();
  // Node's own listener for the close of this stream does the rest.
  assignSocket(response, gone);
}
