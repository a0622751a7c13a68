import { Kin } from './kin.exception.js';

/** The broker cannot use its server and never will. Thrown at startup. */
@Kin('UnusableBrokerException')
export class UnusableBrokerException extends Error {
  /** @internal @param what A clause whose subject is the server. @param cure A sentence. */
  constructor(broker: string, what: string, cure: string) {
    super(`${broker}: ${what}. ${cure}`);
    this.name = UnusableBrokerException.name;
  }
}
