import type { WebSocket } from 'ws';

/** Writes to a client's socket, and knows when everything has left it. */
export class UnsentMessages {
  private count = 0;
  private whenSent: (() => void)[] = [];

  constructor(private readonly socket: WebSocket) {}

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** Resolves when nothing is left; never resolves if the connection ends first. */
  get gone(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isEmpty) resolve();
      else this.whenSent.push(resolve);
    });
  }

  write(payload: string | Uint8Array): void {
    this.count += 1;
    this.socket.send(payload, this.onSent);
  }

  private readonly onSent = (error?: Error | null): void => {
    if (error) return;
    this.count -= 1;
    if (this.isEmpty) for (const resolve of this.whenSent.splice(0)) resolve();
  };
}
