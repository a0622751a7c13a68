/**
 * The members that receive a message over several turns, in order. An array with an index costs less than a set that is
 * copied and emptied for each broadcast. Members rarely leave meanwhile: only the first one to leave costs a set.
 */
export class Crowd<Member extends object> {
  private readonly members: readonly Member[];
  private next = 0;
  /** Members that have not been taken; created when the first one leaves. */
  private rest: Set<Member> | undefined;

  constructor(members: Iterable<Member>) {
    this.members = [...members];
  }

  get isEmpty(): boolean {
    return this.rest ? this.rest.size === 0 : this.next >= this.members.length;
  }

  /** The next member; `undefined` if none is left. */
  take(): Member | undefined {
    while (this.next < this.members.length) {
      const member = this.members[this.next];
      this.next += 1;
      if (member && this.rest?.delete(member) !== false) return member;
    }
    return undefined;
  }

  /** @returns Whether it was not taken yet, and never will be. */
  remove(member: Member): boolean {
    this.rest ??= new Set(this.members.slice(this.next));
    return this.rest.delete(member);
  }
}
