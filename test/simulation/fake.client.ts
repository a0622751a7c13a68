import type { RoomKey } from '../../lib/brokers/room.broker.js';
import type { Recipient, SlowRule } from '../../lib/rooms/recipient.js';
import { readRoomHeader, type RoomNotice } from '../../lib/rooms/room.header.js';
import type { RoomMember } from '../../lib/rooms/room.member.js';
import type { RoomMessage } from '../../lib/rooms/room.message.js';
import type { RoomPlaces } from '../../lib/rooms/room.places.js';
import { readPosition } from '../../lib/rooms/room.position.js';
import type { RoomView } from './room.view.js';

export interface ClientParts {
  readonly id: string;
  readonly takesHeaders: boolean;
  /** Of its handshake: where it was. */
  readonly url: string;
  readonly fail: (what: string) => void;
  /** It was closed by its node. */
  readonly onClose: (client: FakeClient) => void;
}

/** A connection, as far as rooms know it, and the client at its other end. */
export class FakeClient implements Recipient {
  readonly views = new Map<RoomKey, RoomView>();
  /** Joins under way. */
  readonly joining = new Set<RoomKey>();
  readonly knownId: string;
  readonly takesHeaders: boolean;
  readonly request: { readonly url: string };
  places: RoomPlaces<RoomMember> | undefined;
  hasEnded = false;
  /** What it has seen, for comparisons. */
  seen = 0;
  private onDrained: (() => void) | undefined;
  private draining: Promise<void> | undefined;

  constructor(private readonly parts: ClientParts) {
    this.knownId = parts.id;
    this.takesHeaders = parts.takesHeaders;
    this.request = { url: parts.url };
  }

  get id(): string {
    return this.knownId;
  }

  get asMember(): RoomMember {
    return this as unknown as RoomMember;
  }

  get isSlow(): boolean {
    return this.draining !== undefined;
  }

  deliver(message: RoomMessage, slow: SlowRule): boolean {
    if (this.hasEnded) return true;
    if (slow === 'catchUp' && this.draining && this.contentOf(message)) return false;
    this.take(message);
    return true;
  }

  deliverMissed(message: RoomMessage): Promise<void> | undefined {
    if (!this.hasEnded) this.take(message);
    return this.draining;
  }

  drained(): Promise<void> | undefined {
    return this.draining;
  }

  dropBehind(): void {
    if (!this.hasEnded) this.parts.onClose(this);
  }

  onFault(error: unknown): void {
    this.parts.fail(`failed: ${String(error)}`);
  }

  close(): void {
    this.parts.onClose(this);
  }

  slowDown(): void {
    this.draining ??= new Promise<void>((resolve) => (this.onDrained = resolve));
  }

  drain(): void {
    this.draining = undefined;
    this.onDrained?.();
    this.onDrained = undefined;
  }

  /** Its socket has closed. */
  end(): void {
    this.hasEnded = true;
    this.drain();
    this.places?.leaveAll();
    this.views.clear();
  }

  private contentOf(message: RoomMessage): string | undefined {
    const prepared = this.takesHeaders ? message.headed : message.plain;
    return prepared?.payload.toString();
  }

  private take(message: RoomMessage): void {
    const content = this.contentOf(message);
    if (content === undefined) return;
    this.seen += 1;
    if (!this.takesHeaders) {
      this.takePlain(content);
      return;
    }
    const end = content.indexOf('\n');
    const notice = readRoomHeader(content.slice(0, end));
    if (notice) this.takeNotice(notice, content.slice(end + 1));
    else this.parts.fail(`got ${JSON.stringify(content)}`);
  }

  private takePlain(text: string): void {
    // Texts begin with their room.
    const view = this.views.get(text.slice(0, text.indexOf(' ')));
    if (view) view.take(text, undefined);
    else this.parts.fail(`got "${text}" outside`);
  }

  private takeNotice(
    { kind, room, position: written, isContinued }: RoomNotice,
    text: string,
  ): void {
    const view = this.views.get(room);
    const position = readPosition(written);
    if (!view) this.parts.fail(`got ${kind} of ${room} outside: ${text}`);
    else if (kind === 'm') view.take(text, position);
    else if (kind === 'j') view.join(position, isContinued);
    else if (kind === 'g') view.gap(position);
    else view.isIn = false;
  }
}
