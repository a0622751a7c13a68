const EOL = Buffer.from('\r\n');

/** Decodes the chunks of an HTTP/1.1 body (RFC 9112 section 7.1) that Node's response has written. */
export class ChunkedBody {
  private waiting: Buffer = Buffer.alloc(0);
  /** Bytes that the current chunk still lacks, its line end included. */
  private lacking = 0;
  private isOver = false;

  /** @returns The decoded parts. The trailers are dropped. */
  decode(bytes: Buffer): Buffer[] {
    this.waiting = this.waiting.length === 0 ? bytes : Buffer.concat([this.waiting, bytes]);
    const parts: Buffer[] = [];
    while (!this.isOver && (this.lacking > 0 || this.beginChunk())) {
      if (this.waiting.length === 0) break;
      const piece = this.waiting.subarray(0, this.lacking);
      const data = piece.subarray(0, Math.max(0, this.lacking - EOL.length));
      this.lacking -= piece.length;
      this.waiting = this.waiting.subarray(piece.length);
      if (data.length > 0) parts.push(data);
    }
    return parts;
  }

  /** @returns False if its size has not come. */
  private beginChunk(): boolean {
    const end = this.waiting.indexOf(EOL);
    if (end === -1) return false;
    const size = Number.parseInt(this.waiting.toString('latin1', 0, end), 16);
    this.waiting = this.waiting.subarray(end + EOL.length);
    this.isOver = !(size > 0);
    this.lacking = size + EOL.length;
    return !this.isOver;
  }
}
