import type {
  Closed,
  CloseInfo,
  ConnectionState,
  Credentials,
  SocketConstructor,
} from './client.types.js';
import type { ConnectionSettings } from './connection.settings.js';
import { deferred } from './deferred.js';
import { createAlarm, type Environment } from './environment.js';
import type { Link, LinkEvents } from './link.types.js';
import { listenToPage } from './page.events.js';
import { createRetryPlan, isRefusal, type Step } from './retry.plan.js';
import { createSocket, type Socket, type SocketEvent } from './socket.js';

/** Longest wait of a page that is back online or visible again. Milliseconds. */
const WAKE = 250;
/** An end this soon after a page wakes up happened before. Milliseconds. */
const AWAKE = 1_000;
/** How long the other side may take to answer a close frame. Milliseconds. */
const CLOSE_TIMEOUT = 5_000;
/** How often the client checks whether the machine has slept, if no `silence` is set. Milliseconds. */
const WATCH = 30_000;
/** Background pages get their timers up to a minute late; later than this, the machine has slept. Milliseconds. */
const ASLEEP = 60_000;

export function createLink(
  constructor: SocketConstructor,
  settings: ConnectionSettings,
  environment: Environment,
  on: LinkEvents,
): Link {
  const { now } = environment;
  const { signal, silence } = settings;
  const plan = createRetryPlan(settings, environment);
  const closed = deferred<Closed>();
  /** Removes the listeners of page events. */
  const end = new AbortController();
  /** Times the attempt, the wait for the next one, or the close: only one of them runs at a time. */
  const alarm = createAlarm(environment);
  const stable = createAlarm(environment);
  const life = createAlarm(environment);
  let state: ConnectionState = 'connecting';
  let socket: Socket | undefined;
  /** Tells an attempt whether it is still the current one. */
  let turn: object | undefined;
  let attempts = 0;
  let last: CloseInfo | undefined;
  let refresh = false;
  let isHidden = false;
  let isAccepted = false;
  /** Whether the socket opened only recently. */
  let isFresh = false;
  let heard = 0;
  let due = 0;
  let woken = -Infinity;

  const become = (next: ConnectionState): void => {
    if (next === state && next !== 'connecting') return;
    state = next;
    on.state(next);
  };

  /** @param isDead Whether the other side will not answer a close frame. */
  const leave = (isDead: boolean): void => {
    const left = socket;
    socket = turn = undefined;
    if (isDead && left?.terminate) left.terminate();
    else left?.close();
  };

  const forget = (isRefused: boolean): void => {
    socket = turn = undefined;
    for (const each of [alarm, stable, life]) each();
    on.lost(isRefused);
  };

  const drop = (): void => {
    leave(false);
    forget(false);
  };

  const finish = (how: Closed): void => {
    end.abort();
    signal?.removeEventListener('abort', onAbort);
    forget(false);
    // The state changes first, because listeners that hear of lost messages may try to reconnect.
    become('closed');
    on.ended(how);
  };

  const over = (how: Closed): void => {
    alarm();
    closed.resolve(how);
    on.close({ code: how.code, reason: how.reason, retryIn: undefined });
  };

  const stop = (how: Closed): void => {
    finish(how);
    over(how);
  };

  const close: Link['close'] = (kind, code = 1000, reason = '') => {
    if (state === 'closed') return;
    const left = socket;
    const how = { code, reason, kind };
    finish(how);
    if (!left) return over(how);
    alarm(CLOSE_TIMEOUT, () => {
      left.terminate?.();
      over(how);
    });
    left.addEventListener('close', () => over(how));
    left.close(code, reason);
  };

  const onAbort = (): void => close('aborted');

  const attempt = async (): Promise<void> => {
    const own = (turn = {});
    const isCurrent = (): boolean => turn === own;
    attempts += 1;
    isAccepted = isFresh = false;
    alarm(settings.connectTimeout, () => fail('The connection took too long'));
    become('connecting');
    let credentials: Credentials | undefined;
    try {
      if (isCurrent()) credentials = await settings.auth?.({ number: attempts, refresh, last });
    } catch (error) {
      if (isCurrent()) on.error(error);
      if (isCurrent()) fail('auth() failed');
    }
    if (!isCurrent()) return;
    refresh = false;
    try {
      socket = createSocket(constructor, on.handshake(credentials));
      listen(socket, isCurrent);
    } catch (error) {
      on.error(error);
      if (isCurrent()) stop({ code: 1006, reason: String(error), kind: 'fault' });
    }
  };

  const listen = (made: Socket, isCurrent: () => boolean): void => {
    const when = (type: string, listener: (event: SocketEvent) => void): void =>
      made.addEventListener(type, (event) => {
        if (isCurrent()) listener(event);
      });
    when('open', () => open(made));
    when('message', ({ data }) => {
      hear();
      accept();
      on.message(data);
    });
    when('error', ({ error, message }) => {
      on.error(error ?? new Error(message || 'The connection failed.'));
      // Node 22 emits no `close` after a failed attempt.
      if (state === 'connecting') fail('The connection failed');
    });
    // Deno reports 0 if no close frame came.
    when('close', ({ code, reason }) => ended(code || 1006, reason));
    made.on?.('ping', hear);
  };

  const open = (opened: Socket): void => {
    alarm();
    isFresh = true;
    stable(settings.retry.stableAfter, () => {
      isFresh = false;
      plan.reset();
      accept();
    });
    hear();
    watch();
    on.open(opened);
    // Listeners may have closed the socket.
    if (socket === opened) become('open');
  };

  const accept = (): void => {
    if (isAccepted) return;
    isAccepted = true;
    plan.accepted();
    on.accepted();
  };

  const hear = (): void => {
    heard = now();
  };

  /** Detects silence, and timers that fire far too late. */
  const watch = (): void => {
    // The clock may have been set back.
    heard = Math.min(heard, now());
    const at = silence ? heard + silence : now() + WATCH;
    life(at - now(), () => {
      if (now() - at > ASLEEP || (silence && heard + silence <= now())) fail('No sign of life');
      else watch();
    });
  };

  /** Gives up the socket. */
  const fail = (reason: string): void => {
    leave(true);
    ended(1006, reason);
  };

  const ended = (code: number, reason: string): void => {
    let step: Step = { kind: 'fault' };
    const how = { code, reason };
    last = how;
    forget(isRefusal(code) && !isAccepted);
    try {
      step = plan.after(how, isFresh);
    } catch (error) {
      // An error of the user's `when` ends the connection, and nothing else.
      on.error(error);
    }
    // `when` and listeners may have closed the connection, or reconnected.
    if (turn || state === 'closed') return;
    if (step.wait === undefined) return stop({ ...how, kind: step.kind });
    refresh = !!step.refresh;
    // A frozen page gets its `resume` event before it hears of the end.
    const retryIn = Math.abs(now() - woken) < AWAKE ? Math.min(step.wait, soon()) : step.wait;
    wait(retryIn);
    become('waiting');
    on.close({ ...how, retryIn });
  };

  /** A page in the back/forward cache waits until it is shown. */
  const wait = (ms: number): void => {
    due = isHidden ? Infinity : now() + ms;
    if (!isHidden) alarm(ms, () => void attempt());
  };

  const soon = (): number => environment.random() * WAKE;

  const onPage = (event: string): void => {
    if (event === 'offline') {
      if (state !== 'waiting') fail('offline');
    } else if (event === 'pagehide') {
      // Browsers do not cache a page with an open socket.
      isHidden = true;
      drop();
      wait(0);
      become('waiting');
    } else {
      if (event === 'pageshow') isHidden = false;
      woken = now();
      const ms = soon();
      if (state === 'waiting' && !isHidden && woken + ms < due) wait(ms);
    }
  };

  return {
    closed: closed.promise,
    state: () => state,
    socket: () => socket,
    start() {
      if (signal?.aborted) return onAbort();
      // Node leaks a listener that another signal removes, so `end.signal` is not used here.
      signal?.addEventListener('abort', onAbort);
      listenToPage(end, onPage);
      void attempt();
    },
    reconnect() {
      if (state === 'closed') return;
      plan.reset();
      drop();
      void attempt();
    },
    close,
  };
}
