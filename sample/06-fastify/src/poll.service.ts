import { BadRequestException, Injectable } from '@nestjs/common';
import { BehaviorSubject, type Observable } from 'rxjs';

export type Votes = ReadonlyMap<string, string>;

export const meals = ['Soup', 'Salad', 'Dumplings', 'Curry'];

/** In memory: voter → meal. A second vote replaces the first. */
@Injectable()
export class PollService {
  private readonly current = new BehaviorSubject<Votes>(new Map());

  /** The current state, and then each change. */
  readonly changes: Observable<Votes> = this.current.asObservable();

  get votes(): Votes {
    return this.current.value;
  }

  vote(voter: string, meal: string): void {
    if (!meals.includes(meal)) throw new BadRequestException('That meal is not on the menu');
    this.current.next(new Map(this.votes).set(voter, meal));
  }
}
