import { concatMap, from, map, of, type Observable } from 'rxjs';

/** How user code fails: by a throw at once, or by a rejected promise. */
export type FaultTiming = 'sync' | 'async';

export interface Fault {
  readonly place: string;
  readonly timing: FaultTiming;
  readonly thrown: unknown;
}

/** Breaks user code at one place at a time. */
export class FaultPlan {
  /** How often the armed place was reached. */
  reached = 0;
  private armed: Fault | undefined;

  arm(fault: Fault): void {
    this.armed = fault;
    this.reached = 0;
  }

  disarm(): void {
    this.armed = undefined;
  }

  /** For code that may be asynchronous. */
  at(place: string): void | Promise<void> {
    const fault = this.faultAt(place);
    if (!fault) return undefined;
    this.reached += 1;
    // oxlint-disable-next-line typescript/only-throw-error -- users throw what they like
    if (fault.timing === 'sync') throw fault.thrown;
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- as above
    return new Promise((_resolve, reject) => setImmediate(() => reject(fault.thrown)));
  }

  isArmedAt(place: string): boolean {
    return this.faultAt(place) !== undefined;
  }

  private faultAt(place: string): Fault | undefined {
    return this.armed?.place === place ? this.armed : undefined;
  }
}

/** Where the faulty application fails next. */
export const plan = new FaultPlan();

/** Applied to every item; asynchronous where the plan says so. */
export function through<T>(place: string) {
  return concatMap((item: T): Observable<T> => {
    const pending = plan.at(place);
    return pending ? from(pending).pipe(map(() => item)) : of(item);
  });
}
