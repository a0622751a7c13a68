import { AsyncResource } from 'node:async_hooks';
import { contained, type FaultOwner } from '../errors/contained.js';
import { copyOf } from '../send/payload.js';
import {
  deflateOf,
  sharedParametersOf,
  type DeflateParameters,
  type OnCompressed,
} from './deflate.parts.js';

/** Connections served in one go before the event loop gets a turn: about half a millisecond. */
const SLICE = 64;

/** Wants a message compressed. */
interface Asker {
  readonly owner: FaultOwner;
  /** Compresses for its connection alone. */
  readonly compress: (onCompressed: OnCompressed) => void;
  readonly onCompressed: OnCompressed;
}

/** Belongs to no caller's asynchronous context, because it serves all. */
const scope = new AsyncResource('NestjsRevaliWsCompression');

/**
 * One message under one set of parameters. The connection that asks first compresses it; all others share the result.
 */
class CompressedOnce {
  private compressed: Buffer | undefined;
  private isUnderWay = false;
  private waiting: Asker[] = [];

  constructor(readonly parameters: DeflateParameters) {}

  fits({ windowBits, options }: DeflateParameters): boolean {
    return this.parameters.windowBits === windowBits && this.parameters.options === options;
  }

  ask(asker: Asker): void {
    const { compressed } = this;
    // Never before this returns: `ws` would send held messages recursively.
    if (compressed) queueMicrotask(() => tell(asker, compressed));
    else if (this.isUnderWay) this.waiting.push(asker);
    else this.compressFor(asker);
  }

  private compressFor(asker: Asker): void {
    this.isUnderWay = true;
    try {
      asker.compress((error, compressed) => this.onCompressed(asker, error, compressed));
    } catch (error) {
      this.isUnderWay = false;
      throw error;
    }
  }

  private onCompressed(asker: Asker, error: unknown, compressed: Buffer | undefined): void {
    this.isUnderWay = false;
    if (!compressed) {
      // Its connection has ended meanwhile, but the others' have not.
      contained(asker.owner, () => asker.onCompressed(error));
      this.compressForNext();
      return;
    }
    // The buffer from zlib may hold a memory block many times its size.
    const copy = copyOf(compressed);
    this.compressed = copy;
    tell(asker, copy);
    const { waiting } = this;
    this.waiting = [];
    if (waiting.length > 0) scope.runInAsyncScope(tellAll, undefined, waiting, copy);
  }

  private compressForNext(): void {
    while (!this.isUnderWay && !this.compressed) {
      const next = this.waiting.shift();
      if (!next) return;
      contained(next.owner, () => this.compressFor(next));
    }
  }
}

function tell({ owner, onCompressed }: Asker, compressed: Buffer): void {
  contained(owner, () => onCompressed(null, compressed));
}

function tellAll(askers: readonly Asker[], compressed: Buffer, start = 0): void {
  const end = Math.min(start + SLICE, askers.length);
  for (const asker of askers.slice(start, end)) tell(asker, compressed);
  if (end < askers.length) setImmediate(tellAll, askers, compressed, end);
}

/** Keyed by payload, and kept as long as someone holds it: one entry for each set of parameters. */
const known = new WeakMap<object, CompressedOnce[]>();

/** Announces that these bytes, this very object, go to many connections. Nobody modifies them. */
export type Share = (payload: Buffer) => void;

const share: Share = (payload) => {
  if (!known.has(payload)) known.set(payload, []);
};

/**
 * Lets a connection share what was compressed for others. `ws` still frames and sends it, in order, and compresses
 * messages that are not shared.
 *
 * @returns `undefined` if compression of its messages uses earlier ones, so they are unlike any other's.
 */
export function shareCompression(socket: FaultOwner): Share | undefined {
  const deflate = deflateOf(socket);
  const parameters = deflate && sharedParametersOf(deflate);
  if (!deflate || !parameters) return undefined;
  const { compress } = deflate;
  deflate.compress = (data, isLast, onCompressed) => {
    const alone = (then: OnCompressed): void =>
      Reflect.apply(compress, deflate, [data, isLast, then]);
    const shared = isLast === true ? sharedOf(data, parameters) : undefined;
    if (shared) shared.ask({ owner: socket, compress: alone, onCompressed });
    else alone(onCompressed);
  };
  return share;
}

function sharedOf(data: unknown, parameters: DeflateParameters): CompressedOnce | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const all = known.get(data);
  if (!all) return undefined;
  const found = all.find((each) => each.fits(parameters));
  if (found) return found;
  const made = new CompressedOnce(parameters);
  all.push(made);
  return made;
}
