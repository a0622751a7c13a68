import { sizeOf, toBase64, type Payload } from './bytes.js';

/** Most frames that the log keeps. */
export const MOST_FRAMES = 2000;

/** The detail of a failed handshake whose cause is unknown. */
export const UNKNOWN = 'unknown';

export type FrameKind = 'text' | 'binary' | 'ping' | 'pong' | 'open' | 'close' | 'refused' | 'note';

/** One line of the log. */
export interface Frame {
  readonly id: number;
  /** The time, in milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds since the previous frame. */
  readonly since: number | undefined;
  readonly direction: 'in' | 'out' | 'none';
  readonly kind: FrameKind;
  readonly payload?: Payload;
  /** The size of the payload, in bytes. */
  readonly size: number;
  /** The event, if the line is not a message. */
  readonly title?: string;
  readonly detail?: string;
  readonly code?: number;
  readonly reason?: string;
}

export type FrameDraft = Omit<Frame, 'id' | 'at' | 'since' | 'size'>;

/** The frames of one connection in both directions, the newest last. */
export class FrameLog {
  private list: Frame[] = [];
  private lastId = 0;
  private lastAt: number | undefined;
  private readonly listeners = new Set<() => void>();

  get frames(): readonly Frame[] {
    return this.list;
  }

  add(draft: FrameDraft): void {
    const at = Date.now();
    const since = this.lastAt === undefined ? undefined : at - this.lastAt;
    this.lastId += 1;
    this.lastAt = at;
    const size = draft.payload === undefined ? 0 : sizeOf(draft.payload);
    this.list.push({ ...draft, id: this.lastId, at, since, size });
    if (this.list.length > MOST_FRAMES) this.list.splice(0, this.list.length - MOST_FRAMES);
    this.changed();
  }

  clear(): void {
    this.list = [];
    this.changed();
  }

  /** @returns A function that removes the listener. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

/** Writes one JSON text per line. */
export function asJsonLines(frames: readonly Frame[]): string {
  return frames
    .map(({ at, payload, direction, kind, size, title, detail, code, reason }) => {
      const frame = { direction, kind, size, title, detail, code, reason };
      const content = typeof payload === 'string' ? { text: payload } : undefined;
      const bytes = payload instanceof Uint8Array ? { base64: toBase64(payload) } : undefined;
      return `${JSON.stringify({ at: new Date(at).toISOString(), ...frame, ...content, ...bytes })}\n`;
    })
    .join('');
}
