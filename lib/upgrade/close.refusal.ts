import { HttpException } from '@nestjs/common';
import { refusalFrame, refusalMessage } from '../close/refusal.frame.js';
import { ignoreError } from '../close/ignored.errors.js';
import type { ResolvedServerOptions } from '../options/revali-ws.options.resolver.js';
import type { OwnedSocket } from '../ws/owned.socket.js';
import { UpgradeAcceptor } from '../ws/upgrade.acceptor.js';
import { offeredProtocols, type Upgrade } from './upgrade.request.js';
import { LINGER, writeRefusal } from './upgrade.response.js';

/**
 * Refuses with a close frame, because browsers report every refused handshake as 1006: the socket opens and closes at
 * once with 4000 + status. Nothing else runs on it.
 */
export class CloseRefusal {
  private readonly open = new Set<OwnedSocket>();
  private isDraining = false;

  /**
   * @param limit How many refused sockets may wait for their clients' close frames at once: no other limit counts such
   * a client, which could take its time. More are refused over HTTP.
   */
  constructor(
    private readonly acceptor: UpgradeAcceptor,
    private readonly limit: number,
  ) {}

  /** @param body What HTTP would answer. */
  refuse(upgrade: Upgrade, status: number, body: string): void {
    const message = refusalMessage(parsed(body), status);
    if (this.open.size >= this.limit) {
      writeRefusal(upgrade.socket, new HttpException({ statusCode: status, message }, status));
      return;
    }
    const { code, reason } = refusalFrame(status, message);
    // If none of the offered subprotocols is chosen, browsers fail the handshake and show 1006.
    const protocol = offeredProtocols(upgrade.request)[0];
    this.acceptor.accept(upgrade, { headerLines: [], protocol }, (opened) => {
      this.open.add(opened);
      opened.on('error', ignoreError);
      opened.on('close', () => this.open.delete(opened));
      opened.close(code, reason);
      if (this.isDraining) cutSoon(opened);
    });
  }

  /** The server is about to close, and would wait for clients that do not answer. */
  drain(): void {
    this.isDraining = true;
    this.open.forEach(cutSoon);
  }
}

/** By then, the close frame has left, and a client that reads has had time to answer. */
function cutSoon(socket: OwnedSocket): void {
  const timer = setTimeout(() => socket.terminate(), LINGER);
  socket.on('close', () => clearTimeout(timer));
}

/** `undefined` if the options answer refusals over HTTP. */
export function closeRefusalFor(options: ResolvedServerOptions): CloseRefusal | undefined {
  const { refusal, maxPayload, closeTimeout, maxPendingHandshakes } = options;
  if (refusal === 'http') return undefined;
  const limits = { maxPayload, closeTimeout, perMessageDeflate: false };
  return new CloseRefusal(new UpgradeAcceptor(limits), maxPendingHandshakes);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
