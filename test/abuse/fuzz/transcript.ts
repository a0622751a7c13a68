import { acceptFor } from '../../support/raw/raw-upgrade.js';
import { takeResponse, type RawResponse } from '../../support/raw/raw-response.js';
import { Conversation, preview } from './conversation.js';
import type { Answer, FrameExpectation, Opening } from './expectations.js';
import { Tokens } from './tokens.js';

/**
 * Checks what a client receives on one connection: responses, well-formed and in the order of the requests, then at
 * most one 101, and then nothing but frames. Whatever is wrong becomes a fault.
 */
export class Transcript {
  readonly faults: string[] = [];
  /** Where there was a 101. */
  conversation: Conversation | undefined;
  private readonly answers: Answer[] = [];
  /** Of a WebSocket that is not open yet, and when each was asked for. */
  private readonly frames: [FrameExpectation, at: number][] = [];
  private readonly tokens: Tokens;
  private answered = 0;
  private bytes: Buffer = Buffer.alloc(0);
  /** The server has said that nothing follows. */
  private isOver = false;
  private hasLeft = false;
  private hasEnded = false;

  /** @param index Of the sequence. */
  constructor(index: number) {
    this.tokens = new Tokens(index);
  }

  expect(answer: Answer): void {
    const isFirst = this.current === undefined;
    // Nothing is there that it would have to wait for.
    this.answers.push(isFirst ? { ...answer, mayBeDropped: false } : answer);
  }

  expectFrames(expectation: FrameExpectation): void {
    if (this.conversation) this.conversation.expect(expectation);
    else this.frames.push([expectation, performance.now()]);
  }

  /** The client has ended its side: what is not answered yet may stay so. */
  leave(): void {
    this.hasLeft = true;
  }

  /** Everything that is due has come. */
  get isSettled(): boolean {
    if (this.faults.length > 0 || this.isOver || this.hasEnded) return true;
    if (this.conversation) return this.conversation.isSettled;
    return !this.current || (this.current.endless !== undefined && this.isFlowing);
  }

  /** What is due may stay away. */
  get isOptional(): boolean {
    return !this.conversation && this.isBrokenSoon;
  }

  /** The server is the one who has to end the connection. */
  get isServersTurn(): boolean {
    return this.isOver || this.conversation?.isClosed === true;
  }

  get awaited(): string {
    return this.conversation ? this.conversation.awaited : (this.current?.label ?? 'nothing');
  }

  push(chunk: Buffer): void {
    const foreign = this.tokens.foreignIn(chunk);
    if (foreign) this.fault(`bytes of another client: ${foreign}`);
    if (this.conversation) return this.conversation.push(chunk);
    this.bytes = Buffer.concat([this.bytes, chunk]);
    this.readResponses(false);
  }

  /** The server has ended the connection. */
  end(isReset = false): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    if (this.conversation) return this.conversation.end(this.hasLeft);
    const { current } = this;
    const isCut =
      current?.endless === 'until the server ends it' ||
      (current?.endless !== undefined && this.isUpgradeWaiting);
    const isOvertaken = isReset && this.answers.slice(this.answered).some(({ closes }) => closes);
    if (this.hasLeft || this.isOver || isCut || this.isBrokenSoon || isOvertaken) return;
    this.readResponses(true);
    const unanswered = this.current;
    if (unanswered && !unanswered.mayBeDropped && !this.isOver)
      this.fault(`the connection ended before the answer to ${unanswered.label}`);
  }

  /** The request whose answer comes next. */
  private get current(): Answer | undefined {
    return this.answers[this.answered];
  }

  private get isBrokenSoon(): boolean {
    return this.answers.slice(this.answered).some(({ isBroken }) => isBroken);
  }

  private get isUpgradeWaiting(): boolean {
    return this.answers.slice(this.answered).some(({ mayBeDropped }) => mayBeDropped);
  }

  /** The head of a response has come, and some of its body. */
  private get isFlowing(): boolean {
    const head = this.bytes.indexOf('\r\n\r\n');
    return head >= 0 && this.bytes.length > head + 4;
  }

  private readResponses(hasEnded: boolean): void {
    while (!this.conversation && this.bytes.length > 0 && this.faults.length === 0) {
      if (this.isOver) return this.fault(`bytes after the last response: ${preview(this.bytes)}`);
      const response = this.takeResponse(hasEnded);
      if (!response) return;
      if (response.status !== 100) this.judge(response);
    }
  }

  private takeResponse(hasEnded: boolean): RawResponse | undefined {
    try {
      const { startStatus } = this;
      const answer = startStatus === undefined ? undefined : this.answerFor(startStatus);
      const taken = takeResponse(this.bytes, hasEnded, answer?.isHead !== true);
      if (!taken) return this.judgeStart();
      this.bytes = this.bytes.subarray(taken.used);
      return taken.value;
    } catch (error) {
      this.faultUnlessBroken(`a broken response to ${this.awaited}: ${String(error)}`);
      this.bytes = Buffer.alloc(0);
      return undefined;
    }
  }

  /** Of a response that is not complete yet. */
  private judgeStart(): undefined {
    const { current, startStatus } = this;
    if (startStatus === undefined || !current?.endless || this.isBrokenSoon) return;
    if (!current.statuses.includes(startStatus))
      this.fault(`${current.label} is answered with ${startStatus}`);
  }

  /** The status of the response that has begun. */
  private get startStatus(): number | undefined {
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(this.bytes.toString('latin1', 0, 16))?.[1];
    return status === undefined ? undefined : Number(status);
  }

  private judge(response: RawResponse): void {
    const { status, body } = response;
    const answer = this.answerFor(status);
    if (!answer) return this.fault(`an unexpected response: ${response.statusLine}`);
    this.answered = this.answers.indexOf(answer) + 1;
    // A server that makes sense of it all the same may go on.
    const isRefused = answer.isBroken && status !== 404 && status !== 405;
    if (isRefused || isLast(response)) this.isOver = true;
    const [first] = answer.statuses;
    if (!answer.statuses.includes(status))
      this.fault(`${answer.label} is answered with ${status} ${body.slice(0, 200)}`);
    else if (status === 101) this.open(response, answer);
    else if (status === first && answer.body !== undefined && body !== answer.body)
      this.faultUnlessBroken(
        `${answer.label} has the body ${preview(Buffer.from(body))} (${body.length}), not ${preview(Buffer.from(answer.body))} (${answer.body.length})`,
      );
  }

  private answerFor(status: number): Answer | undefined {
    const { current } = this;
    if (current?.statuses.includes(status)) return current;
    const broken = this.answers
      .slice(this.answered)
      .find(({ isBroken, statuses }) => isBroken && statuses.includes(status));
    return broken ?? current;
  }

  private open({ headers }: RawResponse, { label, opening }: Answer): void {
    this.conversation = new Conversation((fault) => this.fault(`${label}: ${fault}`));
    if (!opening) return this.fault(`${label} is answered with 101`);
    const fault = faultOfSwitch(headers, opening);
    if (fault) this.fault(`${label} is answered with a broken 101: ${fault}`);
    const { refusal } = opening;
    if (refusal) this.conversation.expect({ close: { codes: refusal, isLossy: true } });
    else for (const [expectation, at] of this.frames) this.conversation.expect(expectation, at);
    this.isOver = false;
    const rest = this.bytes;
    this.bytes = Buffer.alloc(0);
    if (rest.length > 0) this.conversation.push(rest);
  }

  /** Platforms answer what they cannot parse at once, also in the middle of a response. */
  private faultUnlessBroken(fault: string): void {
    if (!this.isBrokenSoon) return this.fault(fault);
    this.isOver = true;
    this.bytes = Buffer.alloc(0);
  }

  private fault(fault: string): void {
    this.faults.push(fault);
  }
}

function isLast({ headers, statusLine }: RawResponse): boolean {
  const options = (headers['connection'] ?? []).join(',').toLowerCase();
  const names = options.split(',').map((name) => name.trim());
  return statusLine.startsWith('HTTP/1.0') || names.includes('close');
}

function faultOfSwitch(headers: RawResponse['headers'], opening: Opening): string | undefined {
  const value = (name: string): string | undefined => headers[name]?.join(', ');
  if (value('upgrade')?.toLowerCase() !== 'websocket') return `Upgrade is ${value('upgrade')}`;
  if (value('connection')?.toLowerCase() !== 'upgrade')
    return `Connection is ${value('connection')}`;
  if (value('sec-websocket-accept') !== acceptFor(opening.key)) return 'a wrong accept';
  if (opening.refusal === undefined && value('sec-websocket-protocol') !== opening.protocol)
    return `the protocol is ${value('sec-websocket-protocol')}`;
  const body = value('content-length') ?? value('transfer-encoding');
  return body === undefined ? undefined : 'it announces a body';
}
