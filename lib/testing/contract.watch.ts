import { readAnswer } from '../calls/call.header.js';
import { readRoomHeader } from '../rooms/room.header.js';
import type { ContractChannel } from './contract.channel.js';
import { handled } from './deadline.js';
import { toPayload, type Message, type Sendable } from './message.js';
import { splitHeader } from './test-rooms.js';
import {
  ContractViolationException,
  type HandshakeRefusedException,
} from './testing.exceptions.js';

/** Watches one client, and keeps the first thing that the document does not list. */
export class ContractWatch {
  private found: Error | undefined;
  private breakIt: (error: Error) => void = () => undefined;
  private ownCode: number | undefined;
  /** Rejects with the violation. */
  readonly broken: Promise<never>;

  /** @param channels The channels of the path. */
  constructor(
    private readonly path: string,
    private readonly channels: readonly ContractChannel[],
  ) {
    this.broken = handled(new Promise<never>((_resolve, reject) => (this.breakIt = reject)));
  }

  /** What the server did wrong; `undefined` while everything matches the document. */
  get violation(): Error | undefined {
    return this.found;
  }

  /** @throws ContractViolationException if the document does not list the path. */
  opened(): void {
    if (this.channels.length > 0) return;
    throw this.failure(
      'The connection was opened, and the document names no channel of this path.',
    );
  }

  /** @throws ContractViolationException if clients may not send the message. In that case, nothing is sent. */
  assertReceived(data: Sendable): void {
    const payload = toPayload(data);
    const difference = this.differenceIn((channel) => channel.received(payload));
    if (difference !== undefined) throw this.failure(difference);
  }

  /** @returns Whether the document lists the message. */
  holdsSent(message: Message, isHeaded: boolean): boolean {
    const content = isHeaded ? contentOf(message) : message;
    if (content === undefined) return true;
    return this.holds(this.differenceIn((channel) => channel.sent(content)));
  }

  /** The test itself closes: the server answers with the same code, and no frame comes after `terminate()`. */
  closing(code: number): void {
    this.ownCode = code;
  }

  holdsClose(code: number, reason: string): boolean {
    if (code === this.ownCode) return true;
    return this.holds(this.differenceIn((channel) => channel.closed(code, reason)));
  }

  /** What a refused `connect()` rejects with. */
  failureOf(refusal: HandshakeRefusedException): Error {
    const { status, body } = refusal;
    const difference = this.differenceIn((channel) => channel.refused(status, body));
    return difference === undefined ? refusal : this.failure(difference);
  }

  private holds(difference: string | undefined): boolean {
    if (difference === undefined) return true;
    if (!this.found) {
      this.found = this.failure(difference);
      this.breakIt(this.found);
    }
    return false;
  }

  /** Several channels share an address if versions or hosts tell them apart: one match is enough. */
  private differenceIn(ask: (channel: ContractChannel) => string | undefined): string | undefined {
    const differences = this.channels.map(ask);
    return differences.includes(undefined) ? undefined : differences[0];
  }

  private failure(difference: string): Error {
    return new ContractViolationException(this.path, difference);
  }
}

/** The payload after a header of `revali.v1`; `undefined` if the message carries nothing from the application. */
function contentOf(message: Message): Message | undefined {
  const isBinary = typeof message !== 'string';
  const data = isBinary ? message : Buffer.from(message);
  const answer = readAnswer(data, isBinary);
  if (answer) {
    // Messages of the protocol itself: a call is done, or failed.
    if (answer.kind === 'd' || answer.kind === 'e') return undefined;
    return isBinary ? data.subarray(answer.start) : data.toString('utf8', answer.start);
  }
  const { header, content } = splitHeader(message);
  const told = readRoomHeader(header);
  if (!told) return message;
  return told.kind === 'm' ? content : undefined;
}
