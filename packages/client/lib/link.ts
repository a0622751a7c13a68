import type {
  Closed,
  ClosedKind,
  CloseInfo,
  ConnectionState,
  Credentials,
  SocketConstructor,
  SocketEnd,
} from './client.types.js';
import { isRefusal } from './close.verdict.js';
import type { ConnectionSettings } from './connection.settings.js';
import { deferred } from './deferred.js';
import { Alarm, type Environment } from './environment.js';
import type { Payload } from './message.format.js';
import { listenToPage } from './page.events.js';
import { RetryPlan, type Step } from './retry.plan.js';
import { Socket, type Handshake } from './socket.js';

/** What a link tells of its sockets, and asks for them. */
export interface LinkEvents {
  handshake(credentials: Credentials | undefined): Handshake;
  open(socket: Socket): void;
  /** The server has run, or will run, what it was sent. */
  accepted(): void;
  message(payload: Payload): void;
  /** @param isRefused Whether the server has run nothing. */
  lost(isRefused: boolean): void;
  state(state: ConnectionState): void;
  error(error: unknown): void;
  /** Nothing more will be sent or received. */
  ended(closed: Closed): void;
  /** The socket is closed. */
  close(end: SocketEnd): void;
}

/** A page that is online or seen again tries after at most so long. Milliseconds. */
const WAKE = 250;
/** An end that comes so soon after that is one of before. */
const AWAKE = 1_000;
/** How long the other side may take to answer a close frame. */
const CLOSE_TIMEOUT = 5_000;
/** How often it is looked whether the machine has slept, where no `silence` is set. */
const WATCH = 30_000;
/** Pages in the background get their timers late by up to a minute; later than this, the machine has slept. */
const ASLEEP = 60_000;

/** One socket after another, for as long as another attempt makes sense. */
export class Link {
  state: ConnectionState = 'connecting';
  readonly closed = deferred<Closed>();
  readonly #plan: RetryPlan;
  /** Of the attempt, of the wait for the next one, or of the close: there is one of them at a time. */
  readonly #alarm: Alarm;
  readonly #stable: Alarm;
  readonly #life: Alarm;
  #socket: Socket | undefined;
  /** Tells an attempt that it is not the current one any more. */
  #turn: object | undefined;
  #attempts = 0;
  #last: CloseInfo | undefined;
  #refresh = false;
  #isHidden = false;
  #isAccepted = false;
  #heard = 0;
  #due = 0;
  #woken = -Infinity;
  #release: (() => void) | undefined;

  constructor(
    private readonly constructorOf: SocketConstructor,
    private readonly settings: ConnectionSettings,
    private readonly environment: Environment,
    private readonly on: LinkEvents,
  ) {
    this.#alarm = new Alarm(environment);
    this.#stable = new Alarm(environment);
    this.#life = new Alarm(environment);
    this.#plan = new RetryPlan(settings.retry, !!settings.auth, () => environment.random());
  }

  get socket(): Socket | undefined {
    return this.#socket;
  }

  start(signal: AbortSignal | undefined): void {
    if (signal?.aborted) {
      this.close('aborted');
      return;
    }
    const onAbort = (): void => this.close('aborted');
    signal?.addEventListener('abort', onAbort);
    const stop = listenToPage((event) => this.#onPage(event));
    this.#release = () => {
      signal?.removeEventListener('abort', onAbort);
      stop();
    };
    this.#attempt();
  }

  reconnect(): void {
    if (this.state === 'closed') return;
    this.#plan.reset();
    this.#drop();
    this.#attempt();
  }

  /** By the user: with the code where there is a socket. */
  close(kind: ClosedKind, code = 1000, reason = ''): void {
    if (this.state === 'closed') return;
    const socket = this.#socket;
    const closed = { code, reason, kind };
    this.#finish(closed);
    if (!socket) return this.#over(closed);
    this.#alarm.set(CLOSE_TIMEOUT, () => {
      socket.letGo(true);
      this.#over(closed);
    });
    socket.close(code, reason, () => this.#over(closed));
  }

  #attempt(): void {
    const turn = (this.#turn = {});
    this.#attempts += 1;
    this.#isAccepted = false;
    const { connectTimeout } = this.settings;
    this.#alarm.set(connectTimeout, () => this.#fail('The connection took too long'));
    this.#become('connecting');
    if (this.#turn === turn) void this.#connect(turn);
  }

  async #connect(turn: object): Promise<void> {
    const attempt = { number: this.#attempts, refresh: this.#refresh, last: this.#last };
    let credentials: Credentials | undefined;
    try {
      credentials = await this.settings.auth?.(attempt);
    } catch (error) {
      if (this.#turn === turn) this.on.error(error);
      if (this.#turn === turn) this.#fail('auth() failed');
    }
    if (this.#turn !== turn) return;
    this.#refresh = false;
    try {
      this.#socket = this.#open(credentials);
    } catch (error) {
      this.on.error(error);
      this.#end({ code: 1006, reason: String(error), kind: 'fault' });
    }
  }

  #open(credentials: Credentials | undefined): Socket {
    return new Socket(this.constructorOf, this.on.handshake(credentials), {
      open: () => this.#opened(),
      message: (payload) => {
        this.#hear();
        this.#accept();
        this.on.message(payload);
      },
      ping: () => this.#hear(),
      error: (error) => {
        this.on.error(error);
        // Node 22 says no more of an attempt that has failed.
        if (this.state === 'connecting') this.#fail('The connection failed');
      },
      close: (code, reason) => this.#ended({ code, reason }),
    });
  }

  #opened(): void {
    this.#alarm.clear();
    this.#stable.set(this.settings.retry.stableAfter, () => {
      this.#plan.reset();
      this.#accept();
    });
    this.#hear();
    this.#watch();
    if (this.#socket) this.on.open(this.#socket);
    this.#become('open');
  }

  #accept(): void {
    if (this.#isAccepted) return;
    this.#isAccepted = true;
    this.#plan.accepted();
    this.on.accepted();
  }

  #hear(): void {
    this.#heard = this.environment.now();
  }

  /** For silence, and for timers that come far too late. */
  #watch(): void {
    const { silence } = this.settings;
    const now = this.environment.now();
    const due = silence ? this.#heard + silence : now + WATCH;
    this.#life.set(due - now, () => {
      const late = this.environment.now() - due;
      if (late > ASLEEP || (silence && this.#heard + silence <= due + late))
        this.#fail('No sign of life');
      else this.#watch();
    });
  }

  /** The client gives the socket up. */
  #fail(reason: string): void {
    this.#socket?.letGo(true);
    this.#ended({ code: 1006, reason });
  }

  #ended(close: CloseInfo): void {
    const isShort = this.#stable.isSet;
    const step = this.#decide(close, isShort);
    this.#last = close;
    this.#forget(isRefusal(close.code) && !this.#isAccepted);
    if (step.wait === undefined) return this.#end({ ...close, kind: step.kind });
    this.#refresh = !!step.refresh;
    // A page that was frozen hears of the end only after it is told that it goes on.
    const isAwake = this.environment.now() - this.#woken < AWAKE;
    const wait = isAwake ? Math.min(step.wait, this.#soon()) : step.wait;
    this.#wait(wait);
    this.#become('waiting');
    this.on.close({ ...close, retryIn: wait });
  }

  /** What the user's `when` throws ends the connection, and nothing else. */
  #decide(close: CloseInfo, isShort: boolean): Step {
    try {
      return this.#plan.after(close, isShort);
    } catch (error) {
      this.on.error(error);
      return { kind: 'fault' };
    }
  }

  #wait(ms: number): void {
    this.#due = this.environment.now() + ms;
    if (!this.#isHidden) this.#alarm.set(ms, () => this.#attempt());
  }

  #onPage(event: string): void {
    if (event === 'offline') {
      if (this.state !== 'waiting') this.#fail('offline');
    } else if (event === 'pagehide') this.#hide();
    else {
      if (event === 'pageshow') this.#isHidden = false;
      this.#wake();
    }
  }

  /** So that the page may be kept: one with an open socket is not. */
  #hide(): void {
    this.#isHidden = true;
    if (this.state === 'waiting') this.#alarm.clear();
    else {
      this.#drop();
      this.#wait(0);
      this.#become('waiting');
    }
  }

  #wake(): void {
    this.#woken = this.environment.now();
    if (this.state !== 'waiting' || this.#isHidden) return;
    const ms = this.#soon();
    if (!this.#alarm.isSet || this.environment.now() + ms < this.#due) this.#wait(ms);
  }

  #soon(): number {
    return this.environment.random() * WAKE;
  }

  #drop(): void {
    this.#socket?.letGo(false);
    this.#forget(false);
  }

  #forget(isRefused: boolean): void {
    this.#socket = this.#turn = undefined;
    for (const alarm of [this.#alarm, this.#stable, this.#life]) alarm.clear();
    this.on.lost(isRefused);
  }

  #end(closed: Closed): void {
    this.#finish(closed);
    this.#over(closed);
  }

  #finish(closed: Closed): void {
    this.#release?.();
    this.#forget(false);
    this.on.ended(closed);
    this.#become('closed');
  }

  #over(closed: Closed): void {
    this.#alarm.clear();
    this.closed.resolve(closed);
    this.on.close({ code: closed.code, reason: closed.reason, retryIn: undefined });
  }

  #become(state: ConnectionState): void {
    if (state === this.state && state !== 'connecting') return;
    this.state = state;
    this.on.state(state);
  }
}
