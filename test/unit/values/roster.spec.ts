import { ABSENT, Roster, type RosterMember } from '../../../lib/values/roster.js';

class Guest implements RosterMember {
  rosterPlace = ABSENT;

  constructor(readonly name: string) {}
}

function rosterOf(...names: string[]): { roster: Roster<Guest>; guests: Guest[] } {
  const roster = new Roster<Guest>();
  const guests = names.map((name) => new Guest(name));
  for (const guest of guests) roster.add(guest);
  return { roster, guests };
}

const namesOn = (roster: Roster<Guest>): string[] =>
  Array.from(roster, ({ name }) => name).toSorted();

describe('a roster', () => {
  it('has those who came and have not left, each once', () => {
    const { roster, guests } = rosterOf('a', 'b', 'c', 'd');
    const [a, b] = guests;
    if (a) roster.add(a);
    expect(b && roster.delete(b)).toBe(true);
    expect(b && roster.delete(b)).toBe(false);
    expect([roster.size, namesOn(roster)]).toEqual([3, ['a', 'c', 'd']]);
    if (b) roster.add(b);
    expect([roster.size, namesOn(roster)]).toEqual([4, ['a', 'b', 'c', 'd']]);
  });

  it('does not delete a member of another roster', () => {
    const { roster } = rosterOf('a');
    const [stranger] = rosterOf('b').guests;
    expect(stranger && roster.delete(stranger)).toBe(false);
    expect(namesOn(roster)).toEqual(['a']);
  });

  it('visits everybody who stays, whoever leaves meanwhile', () => {
    for (const leaver of ['a', 'b', 'c', 'd']) {
      const { roster, guests } = rosterOf('a', 'b', 'c', 'd');
      const seen: string[] = [];
      for (const { name } of roster) {
        seen.push(name);
        const guest = guests.find((one) => one.name === leaver);
        if (guest) roster.delete(guest);
      }
      expect(seen.filter((name) => name !== leaver).toSorted()).toEqual(
        ['a', 'b', 'c', 'd'].filter((name) => name !== leaver),
      );
    }
  });

  it('skips who leaves before their turn, and does not visit who comes meanwhile', () => {
    const { roster, guests } = rosterOf('a', 'b', 'c');
    const seen: string[] = [];
    for (const { name } of roster) {
      if (seen.length === 0) {
        for (const guest of guests) if (guest.name !== name) roster.delete(guest);
        roster.add(new Guest('late'));
      }
      seen.push(name);
    }
    expect(seen).toEqual(['a']);
    expect(namesOn(roster)).toEqual(['a', 'late']);
  });
});
