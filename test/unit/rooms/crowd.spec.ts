import { Crowd } from '../../../lib/rooms/crowd.js';

const [ann, bob, cid, dan] = [{ name: 'Ann' }, { name: 'Bob' }, { name: 'Cid' }, { name: 'Dan' }];

function rest<Member extends object>(crowd: Crowd<Member>): Member[] {
  const taken: Member[] = [];
  for (let next = crowd.take(); next; next = crowd.take()) taken.push(next);
  return taken;
}

describe('a crowd', () => {
  it('is taken in order, each once', () => {
    const crowd = new Crowd(new Set([ann, bob, cid]));
    expect(crowd.isEmpty).toBe(false);
    expect(rest(crowd)).toEqual([ann, bob, cid]);
    expect(crowd.isEmpty).toBe(true);
  });

  it('does without those who leave before their turn', () => {
    const crowd = new Crowd([ann, bob, cid, dan]);
    expect(crowd.take()).toBe(ann);
    expect(crowd.remove(bob)).toBe(true);
    expect(crowd.remove(dan)).toBe(true);
    expect(rest(crowd)).toEqual([cid]);
  });

  it('tells those who had their turn, or are not in it, from the others', () => {
    const crowd = new Crowd([ann, bob]);
    crowd.take();
    expect(crowd.remove(ann)).toBe(false);
    expect(crowd.remove(cid)).toBe(false);
    expect(crowd.remove(bob)).toBe(true);
    expect(crowd.remove(bob)).toBe(false);
  });

  it('is empty when the last have left', () => {
    const crowd = new Crowd([ann, bob]);
    crowd.take();
    crowd.remove(bob);
    expect(crowd.isEmpty).toBe(true);
    expect(crowd.take()).toBeUndefined();
  });
});
