/** The place of a member that is on no roster. */
export const ABSENT = -1;

/** What a roster notes on its member, which can be on one roster at a time. */
export interface RosterMember {
  /** Used only by the roster; {@link ABSENT} at first. */
  rosterPlace: number;
}

/**
 * Members that come and go, in no order. A set takes 33 bytes a member, outgrows its table every few additions, and each
 * old table refers to the next and to its members, so that minor collections copy more than is alive.
 */
export class Roster<Member extends RosterMember> {
  private readonly members: Member[] = [];

  get size(): number {
    return this.members.length;
  }

  /** Adding a member twice has no effect. */
  add(member: Member): void {
    if (member.rosterPlace === ABSENT) member.rosterPlace = this.members.push(member) - 1;
  }

  /** @returns Whether it was on the roster. */
  delete(member: Member): boolean {
    const { members } = this;
    const place = member.rosterPlace;
    if (members[place] !== member) return false;
    const last = members.pop();
    if (last && last !== member) {
      members[place] = last;
      last.rosterPlace = place;
    }
    member.rosterPlace = ABSENT;
    return true;
  }

  /** Those who are on it now. Members that leave meanwhile are skipped, new ones are not included. */
  *[Symbol.iterator](): Generator<Member, void, undefined> {
    for (const member of this.members.slice()) if (member.rosterPlace !== ABSENT) yield member;
  }
}
