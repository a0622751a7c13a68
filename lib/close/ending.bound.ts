import type { ThrottledLog } from '../log/throttled.log.js';

/**
 * How long what runs at the end of a route's connections may hold the place of its connection. It is not stopped
 * then: nobody can.
 */
export class EndingBound {
  /** @param where Names the route, as `ChatController.join()`. @param timeout Milliseconds. */
  constructor(
    private readonly where: string,
    private readonly timeout: number,
    private readonly log: ThrottledLog,
  ) {}

  /**
   * @param what Names the work, as `A clean-up`. @param work Never rejects.
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
      // It is no reason for the process to live on.
      timer.unref();
      void work.then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
