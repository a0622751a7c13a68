import { createConnection } from 'node:net';
import { awaited } from './awaited.mjs';
import { Http2Stream } from './http2-stream.mjs';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const HEADER = 9;
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const WINDOW_UPDATE = 8;
const ACK = 1;
const END_HEADERS = 4;
const INITIAL_WINDOW_SIZE = 4;
const ENABLE_CONNECT_PROTOCOL = 8;
const DEFAULT_WINDOW = 65_535;
/** Bytes of a DATA frame that every peer takes (RFC 9113 section 4.2). */
const MAX_FRAME = 16_384;
/** So large that the server never waits for more. */
const WINDOW = 2 ** 31 - 1;

/** A connection of HTTP/2 without a library, as cheap as the one of HTTP/1.1: it knows only what WebSockets need. */
export class Http2Session {
  #socket;
  #unread = Buffer.alloc(0);
  #streams = new Map();
  #lastId = -1;
  /** What the server takes, over all streams. */
  #window = DEFAULT_WINDOW;
  /** What it takes of a new one. */
  #streamWindow = DEFAULT_WINDOW;
  /** Streams whose bytes wait for a window. */
  #waiting = new Set();
  #offered = awaited();

  constructor({ port, localAddress }) {
    this.port = port;
    this.#socket = createConnection({ port, host: '127.0.0.1', localAddress, noDelay: true });
    this.#socket.on('data', (bytes) => this.#take(bytes));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server has closed')));
    this.#socket.write(
      Buffer.concat([
        PREFACE,
        frame(SETTINGS, 0, 0, setting(INITIAL_WINDOW_SIZE, WINDOW)),
        frame(WINDOW_UPDATE, 0, 0, number(WINDOW - DEFAULT_WINDOW)),
      ]),
    );
  }

  /** Once the server has offered WebSockets (RFC 8441 section 3). @param block The encoded headers. */
  async open(block, onReplies) {
    await this.#offered.promise;
    this.#lastId += 2;
    const stream = new Http2Stream(this, this.#lastId, this.#streamWindow, onReplies);
    this.#streams.set(this.#lastId, stream);
    this.#socket.write(frame(HEADERS, END_HEADERS, this.#lastId, block));
    return stream;
  }

  send(stream, bytes) {
    const fits = bytes.length <= Math.min(MAX_FRAME, this.#window, stream.window);
    if (fits && !stream.isWaiting) return this.#sendFrame(stream, bytes);
    stream.wait(bytes);
    this.#waiting.add(stream);
    this.#sendWaiting();
  }

  /** A frame of each in turn, as browsers do. */
  #sendWaiting() {
    let last;
    do {
      last = this.#window;
      for (const stream of this.#waiting) {
        const most = Math.min(MAX_FRAME, this.#window, stream.window);
        if (most > 0) this.#sendFrame(stream, stream.takeWaiting(most));
        if (!stream.isWaiting) this.#waiting.delete(stream);
      }
    } while (this.#window < last);
  }

  #sendFrame(stream, bytes) {
    this.#window -= bytes.length;
    stream.window -= bytes.length;
    this.#socket.write(frame(DATA, 0, stream.id, bytes));
  }

  destroy() {
    if (!this.#socket.destroyed) this.#socket.resetAndDestroy();
  }

  #take(bytes) {
    const all = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    let at = 0;
    while (all.length - at >= HEADER) {
      const end = at + HEADER + all.readUIntBE(at, 3);
      if (end > all.length) break;
      const id = all.readUInt32BE(at + 5);
      this.#receive(all[at + 3], all[at + 4], id, all.subarray(at + HEADER, end));
      at = end;
    }
    this.#unread = all.subarray(at);
  }

  #receive(type, flags, id, payload) {
    if (type === DATA) this.#streams.get(id)?.receive(payload);
    else if (type === HEADERS) this.#streams.get(id)?.answer(payload);
    else if (type === WINDOW_UPDATE) this.#widen(id, payload.readUInt32BE());
    else if (type === SETTINGS && flags !== ACK) this.#settle(payload);
    else if (type === PING && flags !== ACK) this.#socket.write(frame(PING, ACK, 0, payload));
    else if (type === RST_STREAM) this.#streams.get(id)?.fail(new Error('the stream was reset'));
    else if (type === GOAWAY) this.#fail(new Error('the server goes away'));
  }

  #settle(payload) {
    this.#socket.write(frame(SETTINGS, ACK, 0, Buffer.alloc(0)));
    let isOffered = false;
    for (let at = 0; at < payload.length; at += 6) {
      const [name, value] = [payload.readUInt16BE(at), payload.readUInt32BE(at + 2)];
      if (name === INITIAL_WINDOW_SIZE) this.#streamWindow = value;
      else if (name === ENABLE_CONNECT_PROTOCOL) isOffered = value === 1;
    }
    if (isOffered) this.#offered.resolve();
    else this.#offered.reject(new Error('the server offers no WebSockets over HTTP/2'));
  }

  #widen(id, more) {
    const stream = this.#streams.get(id);
    if (id === 0) this.#window += more;
    else if (stream) stream.window += more;
    this.#sendWaiting();
  }

  #fail(error) {
    this.#offered.reject(error);
    for (const stream of this.#streams.values()) stream.fail(error);
  }
}

function frame(type, flags, id, payload) {
  const bytes = Buffer.allocUnsafe(HEADER + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(id, 5);
  payload.copy(bytes, HEADER);
  return bytes;
}

function setting(name, value) {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(name);
  bytes.writeUInt32BE(value, 2);
  return bytes;
}

function number(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
