import type {
  ConnectionOutcome,
  WebSocketObserver,
  WebSocketObserverContext,
} from 'nestjs-revali-ws';

import { eventually } from '../deadline.js';

/** An observer that keeps what it is told. */
export class ObserverLog implements WebSocketObserver {
  readonly opened: WebSocketObserverContext[] = [];
  readonly closed: WebSocketObserverContext[] = [];
  readonly outcomes: ConnectionOutcome[] = [];

  onOpen(context: WebSocketObserverContext): void {
    this.opened.push(context);
  }

  onClose(context: WebSocketObserverContext, outcome: ConnectionOutcome): void {
    this.closed.push(context);
    this.outcomes.push(outcome);
  }

  /** The outcome of the only upgrade that was seen to its end. */
  outcome(): Promise<ConnectionOutcome> {
    return eventually(() => {
      const [outcome, ...more] = this.outcomes;
      if (!outcome || more.length > 0) throw new Error(`${this.outcomes.length} outcomes`);
      return outcome;
    }, 'the outcome of one upgrade');
  }
}
