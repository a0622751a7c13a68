import type { ThrottledLog } from '../log/throttled.log.js';

/**
 * Limits how long work at the end of a route's connections can keep its connection counted. The work is not stopped:
 * nothing can stop it.
 */
export class EndingBound {
  /** @param where Names the route, such as `ChatController.join()`. @param timeout Milliseconds. */
  constructor(
    private readonly where: string,
    private readonly timeout: number,
    private readonly log: ThrottledLog,
  ) {}

  /**
   * @param what Names the work, such as `A clean-up`. @param work Never rejects.
   * @returns Resolves when the work has settled, or its time is over.
   */
  wait(what: string, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.log.add(
          () =>
            `${what} of ${this.where} has not settled within ${this.timeout} ms (shutdownTimeout). ` +
            'It may go on, but its connection no longer counts as open.',
        );
        resolve();
      }, this.timeout);
      // It must not keep the process alive.
      timer.unref();
      void work.then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
