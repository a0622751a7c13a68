import { Socket } from 'node:net';

export type Done = (error?: Error | null) => void;

/** A socket without a connection of its own: subclasses carry its bytes, through the documented hooks of a stream. */
export abstract class VirtualSocket extends Socket {
  override readonly pending = false;
  override bytesRead = 0;
  override bytesWritten = 0;

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: Done): void {
    this.transmit([bytesOf(chunk, encoding)], done);
  }

  override _writev(
    chunks: readonly { chunk: Buffer | string; encoding: BufferEncoding }[],
    done: Done,
  ): void {
    this.transmit(
      chunks.map(({ chunk, encoding }) => bytesOf(chunk, encoding)),
      done,
    );
  }

  override ref(): this {
    return this;
  }

  override unref(): this {
    return this;
  }

  /** @param parts Their owner may reuse them once this is done. */
  protected abstract transmit(parts: readonly Buffer[], done: Done): void;

  /** A socket with activity is not idle. */
  protected touch(): void {
    if (this.timeout) this.setTimeout(this.timeout);
  }
}

function bytesOf(chunk: Buffer | string, encoding: BufferEncoding): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
}
