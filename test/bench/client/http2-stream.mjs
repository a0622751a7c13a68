import { awaited } from './awaited.mjs';
import { FrameReader } from './frame-reader.mjs';

/** `:status: 200` of the static table (RFC 7541 appendix A). */
const OK = 0x88;

/** A WebSocket inside a connection of HTTP/2, with the methods of a RawConnection. */
export class Http2Stream {
  #session;
  #reader;
  #answered = awaited();
  #waiting = [];

  /** @param window What the server takes of it. */
  constructor(session, id, window, onReplies) {
    this.#session = session;
    this.id = id;
    this.window = window;
    this.#reader = new FrameReader(onReplies);
  }

  get isWaiting() {
    return this.#waiting.length > 0;
  }

  wait(bytes) {
    this.#waiting.push(bytes);
  }

  /** @returns The first bytes that wait: so many at most. */
  takeWaiting(most) {
    const [first] = this.#waiting;
    if (first.length > most) this.#waiting[0] = first.subarray(most);
    else this.#waiting.shift();
    return first.subarray(0, most);
  }

  /** Resolves when the server has accepted it. */
  get accepted() {
    return this.#answered.promise;
  }

  answer(block) {
    if (block[0] === OK) this.#answered.resolve();
    else this.fail(new Error('refused'));
  }

  receive(bytes) {
    this.#reader.take(bytes, bytes.length);
  }

  fail(error) {
    this.#answered.reject(error);
    this.#reader.fail(error);
  }

  next() {
    return this.#reader.next();
  }

  startCounting() {
    this.#reader.startCounting();
  }

  startAnswering(onPing) {
    this.#reader.startAnswering((bytes) => this.write(bytes), onPing);
  }

  write(bytes) {
    this.#session.send(this, bytes);
  }

  destroy() {
    this.#session.destroy();
  }
}

/** The request as an extended CONNECT (RFC 8441 section 5), encoded literally (RFC 7541 section 6.2.2). */
export function connectBlock(path, port, { protocol, token } = {}) {
  const headers = [
    [':method', 'CONNECT'],
    [':protocol', 'websocket'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', `127.0.0.1:${port}`],
    ['sec-websocket-version', '13'],
    ...(protocol ? [['sec-websocket-protocol', protocol]] : []),
    ...(token ? [['authorization', `Bearer ${token}`]] : []),
  ];
  return Buffer.concat(
    headers.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]),
  );
}

/** Of up to 126 bytes. */
const literal = (text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
