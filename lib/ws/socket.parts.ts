import { Duplex, Writable } from 'node:stream';
import type { WebSocket } from 'ws';

type LoopCallback = (error?: Error | null) => void;

/** The undocumented parts of the receiver of `ws` that are used. `assertSocketParts()` checks them at startup. */
export interface SocketReceiver extends Writable {
  /** False stops decoding after the message that is being emitted. */
  _loop: boolean;
  /** Data that was read but not decoded. */
  _buffers: Buffer[];
  /** Bytes of that data. */
  _bufferedBytes: number;
  /** Fragments of the incomplete message. */
  readonly _fragments: readonly unknown[];
  /** Decodes the available data. */
  startLoop: (callback: LoopCallback) => void;
}

export function receiverOf(socket: WebSocket): SocketReceiver | undefined {
  const receiver: unknown = Reflect.get(socket, '_receiver');
  return isReceiver(receiver) ? receiver : undefined;
}

/** The stream that carries the frames. */
export function streamOf(socket: WebSocket): Duplex | undefined {
  const stream: unknown = Reflect.get(socket, '_socket');
  return stream instanceof Duplex ? stream : undefined;
}

export function hasReceivedClose(socket: WebSocket): boolean {
  return Reflect.get(socket, '_closeFrameReceived') === true;
}

/** The name of the listener with which `ws` ends its side when the peer does. */
const END_LISTENER = 'socketOnEnd';

/** After a close frame, the peer may end its side at once and still read the answer. */
export function keepOpenPastEnd(stream: Duplex): void {
  stream.allowHalfOpen = true;
  for (const listener of endListenersOf(stream)) stream.off('end', listener);
}

/**
 * Called when the peer has ended its side.
 *
 * @param endToo Ends our side, too, as `ws` would.
 */
export type EndListener = (endToo: () => void) => void;

/** Lets the listener decide whether `ws` ends its side when the peer does. Once per stream. */
export function guardEnd(stream: Duplex, onEnd: EndListener): void {
  // A TLS socket would end automatically.
  stream.allowHalfOpen = true;
  for (const listener of endListenersOf(stream)) {
    const guarded = (): void => onEnd(() => Reflect.apply(listener, stream, []));
    Object.defineProperty(guarded, 'name', { value: END_LISTENER });
    stream.off('end', listener);
    stream.on('end', guarded);
  }
}

function endListenersOf(stream: Duplex): (() => void)[] {
  return stream.listeners('end').filter(isEndListener);
}

function isEndListener(listener: unknown): listener is () => void {
  return typeof listener === 'function' && listener.name === END_LISTENER;
}

function isReceiver(value: unknown): value is SocketReceiver {
  return value instanceof Writable && missingReceiverPart(value) === undefined;
}

const RECEIVER_PARTS: readonly [name: string, is: (part: unknown) => boolean][] = [
  ['_loop', (part) => typeof part === 'boolean'],
  ['_buffers', Array.isArray],
  ['_bufferedBytes', (part) => typeof part === 'number'],
  ['_fragments', Array.isArray],
  ['startLoop', (part) => typeof part === 'function'],
];

function missingReceiverPart(receiver: object): string | undefined {
  const missing = RECEIVER_PARTS.find(([name, is]) => !is(Reflect.get(receiver, name)));
  return missing && `_receiver.${missing[0]}`;
}

/** @returns The name of the part that an open socket lacks. */
export function missingPartOf(socket: WebSocket): string | undefined {
  const stream = streamOf(socket);
  if (!stream) return '_socket';
  if (endListenersOf(stream).length !== 1) return `listener ${END_LISTENER}`;
  if (typeof Reflect.get(socket, '_closeFrameReceived') !== 'boolean') return '_closeFrameReceived';
  const receiver: unknown = Reflect.get(socket, '_receiver');
  return receiver instanceof Writable ? missingReceiverPart(receiver) : '_receiver';
}
