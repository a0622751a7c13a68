import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { UnsupportedWsVersionException } from '../errors/revali-ws.exceptions.js';
import type { OwnedSocket } from './owned.socket.js';
import type { SocketOwner } from './socket.owner.js';
import { missingPartOf, receiverOf } from './socket.parts.js';
import { UpgradeAcceptor } from './upgrade.acceptor.js';

const HOLDING = 'decoding that can be held';
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
/** Masked with zeros: the texts `a` and `b`, a fragment, a ping, the end of the fragmented message, a close frame. */
const TEXTS = Buffer.from('818100000000618181000000006201810000000063', 'hex');
const PING = Buffer.from('898000000000', 'hex');
const REST = Buffer.from('80810000000064888000000000', 'hex');

/**
 * Opens a socket of `ws` in memory and checks that its undocumented parts work as expected: otherwise, limits would be
 * off, and nobody would notice.
 *
 * @throws UnsupportedWsVersionException
 */
export function assertSocketParts(): void {
  const stream = silentStream();
  const acceptor = new UpgradeAcceptor({
    maxPayload: 1024,
    closeTimeout: 1000,
    perMessageDeflate: false,
  });
  let socket: OwnedSocket | undefined;
  try {
    acceptor.accept(
      { requestForWs: upgradeRequest(), socket: stream, head: Buffer.alloc(0) },
      { headerLines: [], protocol: undefined },
      (opened) => (socket = opened),
    );
    const missing = socket ? (missingPartOf(socket) ?? faultIn(socket)) : 'working handleUpgrade()';
    if (missing !== undefined) throw new UnsupportedWsVersionException(missing);
  } finally {
    // A broken part must not fail again later, when nobody can catch it.
    stream.removeAllListeners().destroy();
  }
}

function faultIn(socket: OwnedSocket): string | undefined {
  try {
    return faultOf(socket);
  } catch {
    return HOLDING;
  }
}

/** @returns What does not work. */
function faultOf(socket: OwnedSocket): string | undefined {
  const owner = new Recorder(socket);
  socket.attach(owner);
  const receiver = receiverOf(socket);
  if (!receiver) return '_receiver';
  receiver.write(TEXTS);
  if (owner.heard.join() !== 'a') return HOLDING;
  socket.release();
  if (owner.heard.join() !== 'a,b') return 'decoding that goes on';
  if (receiver._fragments.length !== 1) return 'list of fragments';
  receiver.write(Buffer.concat([PING, REST]));
  return owner.heard.join() === 'a,b,ping,cd,close' ? undefined : 'close frame that can wait';
}

/** Holds after the first message, like an owner that cannot take more. */
class Recorder implements SocketOwner {
  readonly heard: string[] = [];

  constructor(private readonly socket: OwnedSocket) {}

  onMessage(data: Buffer): void {
    if (this.heard.push(data.toString()) === 1) this.socket.hold();
  }

  onPing(): void {
    this.heard.push('ping');
  }

  onPong(): boolean {
    return true;
  }

  onCloseSeen(): void {
    // Nothing is held when it comes.
  }

  onPeerClosing(): boolean {
    this.heard.push('close');
    return true;
  }

  onClosing(): void {
    this.heard.push('closing');
  }

  onCloseSent(): void {
    // The echo waits.
  }

  onError(): void {
    this.heard.push('error');
  }

  onFault(): void {
    this.heard.push('fault');
  }

  onUnsent(): void {
    // The stream takes everything.
  }

  onTaken(): void {
    // The stream takes everything.
  }

  onClosed(): void {
    // The stream was destroyed.
  }
}

function silentStream(): Duplex {
  return new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
}

function upgradeRequest(): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.method = 'GET';
  request.headers = {
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': KEY,
    'sec-websocket-version': '13',
  };
  return request;
}
