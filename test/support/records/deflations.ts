import zlib from 'node:zlib';

/** What zlib compresses in this process while it is watched: by the servers and the clients that come in this time. */
export class Deflations {
  /** Messages, or fragments of them. */
  messages = 0;
  /** Each has its memory. */
  deflaters = 0;
  private readonly create = zlib.createDeflateRaw;

  constructor() {
    const { create } = this;
    this.replaceBy((options) => {
      const deflater = create(options);
      const flush = deflater.flush.bind(deflater);
      this.deflaters += 1;
      const counted = (...parameters: Parameters<typeof flush>): void => {
        this.messages += 1;
        flush(...parameters);
      };
      return Object.assign(deflater, { flush: counted });
    });
  }

  stop(): void {
    this.replaceBy(this.create);
  }

  private replaceBy(value: typeof zlib.createDeflateRaw): void {
    Object.defineProperty(zlib, 'createDeflateRaw', {
      configurable: true,
      enumerable: true,
      value,
    });
  }
}
