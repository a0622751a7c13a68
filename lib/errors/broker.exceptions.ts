import { Kin } from './kin.exception.js';

/** A server that the broker cannot use, however long it waits. Thrown while the application starts. */
@Kin('UnusableBrokerException')
export class UnusableBrokerException extends Error {
  /** @internal @param what With the server as its subject. @param cure A sentence. */
  constructor(broker: string, what: string, cure: string) {
    super(`${broker}: ${what}. ${cure}`);
    this.name = UnusableBrokerException.name;
  }
}
