/** What the client takes from the world around it. Tests bring their own. */
export interface Environment {
  /** Milliseconds. It goes on while the machine sleeps, which timers do not. */
  now(): number;
  /** At least 0, less than 1. */
  random(): number;
  /** @returns What stops it. */
  after(ms: number, action: () => void): () => void;
}

export const world: Environment = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

/** One wait at a time: the next one takes the place of the last. */
export class Alarm {
  #stop: (() => void) | undefined;

  constructor(private readonly environment: Environment) {}

  get isSet(): boolean {
    return this.#stop !== undefined;
  }

  set(ms: number, action: () => void): void {
    this.clear();
    this.#stop = this.environment.after(Math.max(0, ms), () => {
      this.#stop = undefined;
      action();
    });
  }

  clear(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
