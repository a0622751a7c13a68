import zlib from 'node:zlib';

/** What zlib compresses in this process while it is watched: by the servers and the clients that come in this time. */
export class Deflations {
  /** Messages, or fragments of them. */
  messages = 0;
  /** Those that stay, each with its memory. */
  deflaters = 0;
  private readonly create = zlib.createDeflateRaw;
  private readonly deflate = zlib.deflateRawSync;

  constructor() {
    const { create, deflate } = this;
    replace('createDeflateRaw', (options) => {
      const deflater = create(options);
      const flush = deflater.flush.bind(deflater);
      this.deflaters += 1;
      const counted = (...parameters: Parameters<typeof flush>): void => {
        this.messages += 1;
        flush(...parameters);
      };
      return Object.assign(deflater, { flush: counted });
    });
    replace('deflateRawSync', (data, options) => {
      this.messages += 1;
      return deflate(data, options);
    });
  }

  stop(): void {
    replace('createDeflateRaw', this.create);
    replace('deflateRawSync', this.deflate);
  }
}

function replace<Name extends 'createDeflateRaw' | 'deflateRawSync'>(
  name: Name,
  value: (typeof zlib)[Name],
): void {
  Object.defineProperty(zlib, name, { configurable: true, enumerable: true, value });
}
