import { Logger } from '@nestjs/common';
import { errorStackOf, messageOf } from '../../log/error.text.js';
import type { BrokerEvents } from '../room.broker.js';

/** What the queue knows of a link: its identity, and its events. */
export interface Recipient {
  readonly events: BrokerEvents;
}

/** The link that asks, or `undefined` for the broker's own commands. */
export interface Command {
  readonly from: Recipient | undefined;
  /** Must not throw. */
  readonly run: () => void;
  /** Called if it will never run. */
  readonly refuse: (error: Error) => void;
}

interface Delivery {
  readonly to: Recipient;
  readonly tell: (events: BrokerEvents) => void;
}

/**
 * Runs one command after another, each with all its deliveries before the next. Commands that a link issues during a
 * delivery have to wait; otherwise, links that are served later would see another order.
 */
export class CommandQueue {
  // Sets, because removing the first item is free, however many wait.
  private readonly commands = new Set<Command>();
  private readonly deliveries = new Set<Delivery>();
  private readonly logger = new Logger('MemoryBroker');
  private isRunning = false;
  private isHeld = false;

  get isPaused(): boolean {
    return this.isHeld;
  }

  /** Runs at once if no other command runs. */
  add(command: Command): void {
    this.commands.add(command);
    this.drain();
  }

  /** Part of the running command. */
  deliver(to: Recipient, tell: (events: BrokerEvents) => void): void {
    this.deliveries.add({ to, tell });
  }

  pause(): void {
    this.isHeld = true;
  }

  resume(): void {
    this.isHeld = false;
    this.drain();
  }

  /** Drops everything that waits for this link, or because of it. */
  discard(link: Recipient, error: Error): void {
    for (const delivery of this.deliveries)
      if (delivery.to === link) this.deliveries.delete(delivery);
    for (const command of this.commands) {
      if (command.from !== link) continue;
      this.commands.delete(command);
      command.refuse(error);
    }
  }

  private drain(): void {
    if (this.isRunning || this.isHeld) return;
    this.isRunning = true;
    this.deliverAll();
    for (const command of this.commands) {
      if (this.isHeld) break;
      this.commands.delete(command);
      command.run();
      this.deliverAll();
    }
    this.isRunning = false;
  }

  private deliverAll(): void {
    for (const delivery of this.deliveries) {
      if (this.isHeld) return;
      this.deliveries.delete(delivery);
      this.tell(delivery);
    }
  }

  /** An error of one application must not keep packets from the others. */
  private tell({ to, tell }: Delivery): void {
    try {
      tell(to.events);
    } catch (error) {
      this.logger.error(
        `An application failed to handle an event of the broker: ${messageOf(error)}`,
        errorStackOf(error),
      );
    }
  }
}
