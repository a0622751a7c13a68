import { types } from 'node:util';
import { ownGetter } from '../values/own.getter.js';
import { discardPromise } from '../values/thenable.js';

/** The content of one frame. Always measure its bytes with {@link byteLengthOf}. */
export type Payload = string | Uint8Array;

/** The real state of a view: properties of an instance or a subclass may say anything. */
interface ViewGetters {
  readonly buffer: (view: object) => unknown;
  readonly byteOffset: (view: object) => unknown;
  readonly byteLength: (view: object) => unknown;
}

const typedArray = gettersOf(Reflect.getPrototypeOf(Uint8Array.prototype) ?? {});
const dataView = gettersOf(DataView.prototype);

/**
 * The one place that decides what may leave as a message: a string, or the bytes of a view or an array buffer.
 *
 * @throws TypeError for anything else.
 */
export function payloadOf(value: unknown): Payload {
  if (typeof value === 'string') return value;
  const bytes = bytesOf(value);
  if (bytes) return bytes;
  // An asynchronous encoder may reject as well, and nobody else would notice.
  discardPromise(value);
  throw new TypeError(`encode() returned ${kindOf(value)}; return a string or a Uint8Array`);
}

/**
 * The bytes of a Buffer, typed array, DataView or array buffer, without copying; `undefined` for any other value.
 *
 * @throws TypeError if the buffer behind a view is detached, or has become too short for it.
 */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) {
    if (!types.isTypedArray(value)) return viewOf(value, dataView);
    if (typedArray.byteLength(value) === 0) assertInBounds(value);
    return types.isUint8Array(value) ? value : viewOf(value, typedArray);
  }
  return types.isAnyArrayBuffer(value) ? new Uint8Array(value) : undefined;
}

/** The real number of bytes, whatever the object says. */
export function byteLengthOf(bytes: Uint8Array): number {
  return Number(typedArray.byteLength(bytes));
}

/** A copy that holds nothing but its own bytes. */
export function copyOf(bytes: Uint8Array): Buffer<ArrayBuffer> {
  const copy = Buffer.allocUnsafeSlow(byteLengthOf(bytes));
  copy.set(bytes);
  return copy;
}

/** The bytes of a text, in their own memory: a part of a text holds all of it. */
export function textBytesOf(text: string): Buffer<ArrayBuffer> {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  return bytes.subarray(0, bytes.write(text));
}

/** Copies bytes into an object of the same kind, because their owner may reuse them. Keeps other values as they are. */
export function keepBytes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const bytes = bytesOf(value);
  if (!bytes) return value;
  const copy = copyOf(bytes);
  if (Buffer.isBuffer(value)) return copy;
  if (types.isAnyArrayBuffer(value)) return copy.buffer;
  return viewLike(value, copy.buffer);
}

/** A view that has lost its bytes claims to be empty; any of its methods reveals it. */
function assertInBounds(view: object): void {
  const indexOf: unknown = Reflect.get(Uint8Array.prototype, 'indexOf');
  if (typeof indexOf === 'function') Reflect.apply(indexOf, view, [0]);
}

function viewLike(view: object, buffer: ArrayBuffer): unknown {
  const kind: unknown = Reflect.get(globalThis, String(Reflect.get(view, Symbol.toStringTag)));
  return typeof kind === 'function' ? Reflect.construct(kind, [buffer]) : new Uint8Array(buffer);
}

function viewOf(view: object, getters: ViewGetters): Uint8Array {
  const buffer = getters.buffer(view);
  if (!types.isAnyArrayBuffer(buffer)) throw new TypeError('a view without a buffer');
  return new Uint8Array(buffer, Number(getters.byteOffset(view)), Number(getters.byteLength(view)));
}

function gettersOf(prototype: object): ViewGetters {
  return {
    buffer: ownGetter(prototype, 'buffer'),
    byteOffset: ownGetter(prototype, 'byteOffset'),
    byteLength: ownGetter(prototype, 'byteLength'),
  };
}

/** Shows nothing of the value itself: the text goes to a log. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}
