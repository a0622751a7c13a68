/**
 * Those who are told something over several turns, in order. An array and a place in it cost less than a set that is
 * copied and emptied for each broadcast. Few leave meanwhile: the first of them costs a set.
 */
export class Crowd<Member extends object> {
  private readonly members: readonly Member[];
  private next = 0;
  /** Those who have not been taken; made for the first who leaves. */
  private rest: Set<Member> | undefined;

  constructor(members: Iterable<Member>) {
    this.members = [...members];
  }

  get isEmpty(): boolean {
    return this.rest ? this.rest.size === 0 : this.next >= this.members.length;
  }

  /** The next one; `undefined` when there is none. */
  take(): Member | undefined {
    while (this.next < this.members.length) {
      const member = this.members[this.next];
      this.next += 1;
      if (member && this.rest?.delete(member) !== false) return member;
    }
    return undefined;
  }

  /** @returns Whether it was not taken yet, and will not be. */
  remove(member: Member): boolean {
    this.rest ??= new Set(this.members.slice(this.next));
    return this.rest.delete(member);
  }
}
