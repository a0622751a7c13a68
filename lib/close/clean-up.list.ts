/** A handler's callback for the end of its connection. */
export type CleanUpCallback = () => unknown;

/**
 * The clean-up callbacks of one connection. They start in the order in which they were added; none waits for another,
 * so one that never settles cannot keep the others from running.
 */
export class CleanUpList {
  private callbacks: CleanUpCallback[] | undefined = [];

  constructor(private readonly onError: (error: unknown) => void) {}

  /** A callback added after the end runs at once: what it releases was acquired too late. */
  add(callback: CleanUpCallback): void {
    if (this.callbacks) this.callbacks.push(callback);
    else void runIsolated(callback, this.onError);
  }

  /** Settles when all callbacks have settled; never rejects. Only the first call runs anything. */
  async run(): Promise<void> {
    const callbacks = this.callbacks ?? [];
    this.callbacks = undefined;
    await Promise.all(callbacks.map((callback) => runIsolated(callback, this.onError)));
  }
}

/** @throws TypeError if it is not a function: at the end, nobody would know where it came from. */
export function assertCallback(callback: unknown): void {
  if (typeof callback !== 'function')
    throw new TypeError(`onClose() takes a function, not a value of type ${typeof callback}`);
}

/** Never rejects. */
export async function runIsolated(
  callback: CleanUpCallback,
  onError: (error: unknown) => void,
): Promise<void> {
  try {
    await callback();
  } catch (error) {
    onError(error);
  }
}
