import { WebSocket } from 'ws';
import { ROOM_MEMBER, type RoomMember } from '../rooms/room.member.js';
import { isPrepared, type Outgoing } from '../send/message.encoder.js';
import type { Stallable } from '../send/stall.watch.js';
import { OwnedSocket } from '../ws/owned.socket.js';
import { shareCompression, type Share } from '../ws/shared.compression.js';
import { StreamProgress } from '../ws/stream.progress.js';
import type { GatewayMessages } from './gateway.messages.js';

type SendData = Parameters<WebSocket['send']>[0];
type SendOptions = Parameters<WebSocket['send']>[1];
type SendCallback = (error?: Error) => void;

/** What the client's connection does for it and knows of it. */
export interface ClientConnection {
  /** The close event's code and reason, once it came. */
  readonly closed: { readonly code: number; readonly reason: string } | undefined;
  readonly messages: Pick<GatewayMessages, 'bind'>;
  /** The member for rooms. */
  readonly member: RoomMember;
  /** @returns Whether one more message may be sent. */
  admit(): boolean;
  onSent(): void;
  close(code: number, reason: string): void;
  shutDown(): Promise<void>;
  terminate(): void;
}

/** The client of gateways: a socket of `ws` with a limit on memory for unread messages. */
export class GatewayClient extends OwnedSocket implements Stallable {
  /** @internal */
  connection: ClientConnection | undefined;
  private progress: StreamProgress | undefined;
  private lazyShare: Share | undefined;

  /** @internal */
  get hasUnsent(): boolean {
    return this.bufferedAmount > 0;
  }

  /** @internal */
  get [ROOM_MEMBER](): RoomMember | undefined {
    return this.connection?.member;
  }

  /** @internal Without its stream, a stall cannot be detected. */
  hasMoved(): boolean {
    const { stream } = this;
    this.progress ??= stream && new StreamProgress(stream);
    return this.progress?.hasMoved() ?? true;
  }

  /**
   * Works like `send()` of `ws`, except that bytes may be reused at once. If back-pressure drops the message, the
   * callback gets an error.
   */
  override send(data: SendData, callback?: (error?: Error) => void): void;
  override send(data: SendData, options: SendOptions, callback?: (error?: Error) => void): void;
  override send(
    data: SendData,
    optionsOrCallback?: SendOptions | SendCallback,
    lastCallback?: SendCallback,
  ): void {
    const [options, callback] =
      typeof optionsOrCallback === 'function'
        ? [{}, optionsOrCallback]
        : [optionsOrCallback ?? {}, lastCallback];
    const { connection } = this;
    const isOpen = this.readyState === WebSocket.OPEN;
    // A fragmented message is not dropped in parts.
    if (isOpen && options.fin === undefined && connection?.admit() === false) {
      callback?.(new Error('Not sent: the client reads too slowly'));
      return;
    }
    super.send(data, options, callback);
    if (isOpen) connection?.onSent();
  }

  /** @internal Sends a message that was admitted before. */
  sendOutgoing(content: Outgoing): void {
    if (isPrepared(content)) this.sendPrepared(content, () => this.share);
    else super.send(content);
    this.connection?.onSent();
  }

  private get share(): Share | undefined {
    return (this.lazyShare ??= shareCompression(this));
  }
}
