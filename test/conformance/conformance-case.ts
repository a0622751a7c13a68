import type { FrameToSend } from '../support/raw/raw-frame.js';
import type { Sight } from '../support/raw/sights.js';

/** In the manner of the Autobahn test suite: what is sent to an echo route, and what must come back. */
export interface ConformanceCase {
  /** Section of the Autobahn test suite, and what the case is about. */
  readonly name: string;
  readonly send: readonly FrameToSend[];
  /** In writes of so many bytes; otherwise each frame in one of its own. */
  readonly chop?: number;
  /** A connection whose end is not among the sights is closed by the client, and nothing else may come before that. */
  readonly see: readonly Sight[];
}

/** The connection fails (RFC 6455, section 7.1.7). */
export const PROTOCOL_ERROR: readonly Sight[] = ['close 1002', 'gone'];

/** Each case in one write a frame, and byte by byte. */
export function alsoByteByByte(cases: readonly ConformanceCase[]): ConformanceCase[] {
  return cases.flatMap((one) => [one, { ...one, name: `${one.name}, byte by byte`, chop: 1 }]);
}
