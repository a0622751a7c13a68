import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';

import { sleep } from '../../support/deadline.js';
import { close } from '../../support/raw/frames.js';
import { encodeFrame } from '../../support/raw/raw-frame.js';
import { ANSWER_MS, FREE_MS, HANDSHAKE_MS } from './limits.js';
import type { Ending, Sequence, Step } from './sequence.js';
import type { Target } from './setups.js';
import { Transcript } from './transcript.js';

/** What came of one sequence. */
export interface Outcome {
  readonly faults: readonly string[];
  /** Of the client's side of the connection. */
  readonly port: number | undefined;
}

/** What cannot be answered is not waited for any longer. */
const OPTIONAL_MS = 2 * HANDSHAKE_MS + 200;

/** Runs one sequence against a server. */
export async function runSequence({ index, steps }: Sequence, target: Target): Promise<Outcome> {
  const client = new FuzzClient(new Transcript(index), target);
  try {
    await client.open();
    for (const step of steps) await client.take(step);
  } catch (error) {
    client.transcript.faults.push(String(error));
  } finally {
    client.destroy();
  }
  return { faults: client.transcript.faults, port: client.port };
}

class FuzzClient {
  port: number | undefined;
  private readonly socket: Socket;
  private readonly stream: Duplex;
  private wake: () => void = () => undefined;
  private isGone = false;
  private hasServerEnded = false;
  private isReset = false;

  constructor(
    readonly transcript: Transcript,
    target: Target,
  ) {
    this.socket = connect({ host: '127.0.0.1', port: target.port, allowHalfOpen: true });
    this.stream = target.isSecure
      ? connectTls({ socket: this.socket, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
      : this.socket;
    this.socket.setNoDelay(true);
    for (const one of [this.socket, this.stream])
      one.on('error', ({ code }: NodeJS.ErrnoException) => {
        this.isReset ||= code === 'ECONNRESET' || code === 'EPIPE';
      });
    this.stream.on('data', (chunk: Buffer) => this.onData(chunk));
    this.stream.on('end', () => this.onServerEnd());
    this.stream.on('close', () => this.onGone());
    this.socket.on('close', () => this.onGone());
  }

  async open(): Promise<void> {
    const signal = AbortSignal.timeout(ANSWER_MS);
    await once(this.stream, this.stream === this.socket ? 'connect' : 'secureConnect', { signal });
    this.port = this.socket.localPort;
  }

  async take(step: Step): Promise<void> {
    if (this.isGone || this.transcript.faults.length > 0) return;
    switch (step.do) {
      case 'write':
        for (const { answer, frames } of step.items) {
          if (answer) this.transcript.expect(answer);
          if (frames) this.transcript.expectFrames(frames);
        }
        return this.write(Buffer.concat(step.items.map(({ bytes }) => bytes)), step.cuts);
      case 'settle':
        return this.settle();
      case 'wait':
        return sleep(step.ms);
      case 'stop reading':
        this.stream.pause();
        await sleep(step.ms);
        this.stream.resume();
        return;
      case 'end':
        return this.end(step.how);
    }
  }

  destroy(): void {
    this.stream.destroy();
    this.socket.destroy();
  }

  /** In segments of their own, as far as the kernel lets them. */
  private async write(bytes: Buffer, cuts: readonly number[]): Promise<void> {
    let from = 0;
    for (const to of [...cuts, bytes.length]) {
      if (from > 0) await nextTurn();
      this.put(bytes.subarray(from, to));
      from = to;
    }
  }

  private async settle(): Promise<void> {
    const { transcript } = this;
    const ms = transcript.isOptional ? OPTIONAL_MS : ANSWER_MS;
    const isSettled = await this.until(() => transcript.isSettled, ms);
    if (isSettled || transcript.isOptional) return;
    transcript.faults.push(`waited ${ms} ms for ${transcript.awaited}`);
  }

  private async end(how: Ending): Promise<void> {
    const { transcript } = this;
    if (how === 'reply' && transcript.conversation?.isClosed) this.put(encodeFrame(close(1000)));
    const isServersTurn = transcript.isServersTurn && (how === 'reply' || how === 'silence');
    if (!isServersTurn) this.leave(how);
    const isFree = await this.until(() => this.isGone || this.hasServerEnded, FREE_MS);
    if (!isFree) transcript.faults.push(`the server did not end the connection (${how})`);
    if (this.stream.writable) this.stream.end();
  }

  private leave(how: Ending): void {
    this.transcript.leave();
    if (how === 'RST') this.socket.resetAndDestroy();
    else this.stream.end();
  }

  private put(bytes: Buffer): void {
    if (this.stream.writable) this.stream.write(bytes);
  }

  private onData(chunk: Buffer): void {
    this.transcript.push(chunk);
    this.wake();
  }

  private onServerEnd(): void {
    this.hasServerEnded = true;
    this.transcript.end(this.isReset);
    this.wake();
  }

  private onGone(): void {
    this.isGone = true;
    this.onServerEnd();
  }

  private until(isTrue: () => boolean, ms: number): Promise<boolean> {
    if (isTrue()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (value: boolean): void => {
        clearTimeout(timer);
        this.wake = () => undefined;
        resolve(value);
      };
      const timer = setTimeout(() => done(isTrue()), ms);
      this.wake = () => isTrue() && done(true);
    });
  }
}
