import { Logger } from '@nestjs/common';
import { errorStackOf, messageOf } from '../../log/error.text.js';
import type { BrokerEvents } from '../room.broker.js';

/** What the queue knows of a link: who it is, and whom to tell. */
export interface Recipient {
  readonly events: BrokerEvents;
}

/** What a link asks for, or `undefined` for what the broker does by itself. */
export interface Command {
  readonly from: Recipient | undefined;
  /** Must not throw. */
  readonly run: () => void;
  /** It will never run. */
  readonly refuse: (error: Error) => void;
}

interface Delivery {
  readonly to: Recipient;
  readonly tell: (events: BrokerEvents) => void;
}

/**
 * One command after the other, each with all that it tells the links before the next. What a link asks for while it is
 * told something has to wait, else those that are told later would hear it in another order.
 */
export class CommandQueue {
  // Sets, as their first ones leave at no cost however many wait.
  private readonly commands = new Set<Command>();
  private readonly deliveries = new Set<Delivery>();
  private readonly logger = new Logger('MemoryBroker');
  private isRunning = false;
  private isHeld = false;

  get isPaused(): boolean {
    return this.isHeld;
  }

  /** Runs at once where nothing else does. */
  add(command: Command): void {
    this.commands.add(command);
    this.drain();
  }

  /** Part of the command that runs. */
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

  /** Nothing that waits for this link, or because of it, happens any more. */
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

  /** A fault of one application must not keep packets from the others. */
  private tell({ to, tell }: Delivery): void {
    try {
      tell(to.events);
    } catch (error) {
      this.logger.error(
        `An application failed at what it was told: ${messageOf(error)}`,
        errorStackOf(error),
      );
    }
  }
}
