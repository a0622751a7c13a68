import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { eventually } from '../deadline.js';

const subscribed = new Set<ChannelLog>();

/** For `afterEach`: channels belong to the process, and outlive apps. */
export function unsubscribeAll(): void {
  for (const log of subscribed) log.unsubscribe();
}

/** Subscribes to a channel of `node:diagnostics_channel` and keeps what is published there. */
export function logChannel(channel: string, onEvent?: (event: object) => void): ChannelLog {
  return new ChannelLog(channel, onEvent);
}

export class ChannelLog {
  readonly events: object[] = [];

  constructor(
    private readonly channel: string,
    private readonly onEvent?: (event: object) => void,
  ) {
    subscribe(channel, this.keep);
    subscribed.add(this);
  }

  /** The only event, once it is there. */
  event(): Promise<object> {
    return eventually(() => {
      const [event, ...more] = this.events;
      if (!event || more.length > 0) throw new Error(`${this.events.length} events`);
      return event;
    }, `one event on ${this.channel}`);
  }

  unsubscribe(): void {
    unsubscribe(this.channel, this.keep);
    subscribed.delete(this);
  }

  private readonly keep = (event: unknown): void => {
    if (typeof event !== 'object' || event === null) throw new TypeError('an event is an object');
    this.events.push(event);
    this.onEvent?.(event);
  };
}
