import { checkKept, type KeptCheck } from './kept.checker.js';
import { checkPlain } from './plain.checker.js';
import type { Broadcast, Outcome, RoomSight, Told } from './told.js';

const ROOM = 'kept/blue';
const PLAIN = 'plain/blue';

const at = (offset: number, tag = 'a'): string => `${offset}.${tag.repeat(8)}`;

const sent = (count: number, outcome: Outcome = 'accepted', tag?: string): Broadcast => ({
  text: `text ${count}${tag ?? ''}`,
  room: ROOM,
  sender: 'n0',
  count,
  outcome,
  isAnswered: true,
  position: outcome === 'accepted' ? at(count, tag) : undefined,
});

const message = (count: number, tag?: string): Told => ({
  what: 'message',
  position: at(count, tag),
  text: `text ${count}${tag ?? ''}`,
});
const joined = (position: string, asked?: string, isContinued = false): Told => ({
  what: 'join',
  position,
  isContinued,
  asked,
});
const gap = (position: string): Told => ({ what: 'gap', position });

const sight = (...told: Told[]): RoomSight => ({ client: 'ann', room: ROOM, told });

const FIVE = [1, 2, 3, 4, 5].map((count) => sent(count));
const ALL = sight(joined(at(0)), ...[1, 2, 3, 4, 5].map((count) => message(count)));

const verdictsOn = (told: readonly Told[], more: Partial<KeptCheck> = {}): string[] => {
  const bob = { client: 'bob', room: ROOM, told };
  const { findings } = checkKept({
    broadcasts: FIVE,
    sights: [ALL, bob],
    mayLose: false,
    ...more,
  });
  return [...new Set(findings.map(({ verdict }) => verdict))];
};

describe('the checker of rooms with history', () => {
  it('finds nothing where a client resumes, and has everything', () => {
    const told = [
      joined(at(1)),
      message(2),
      joined(at(2), at(2), true),
      message(3),
      message(4),
      joined(at(4), at(4), true),
      message(5),
    ];
    expect(verdictsOn(told)).toEqual([]);
    expect(checkKept({ broadcasts: FIVE, sights: [sight(...told)], mayLose: false })).toMatchObject(
      { received: 4, recovered: 2, gaps: 0 },
    );
  });

  it('finds a hole between two messages', () => {
    expect(verdictsOn([joined(at(0)), message(1), message(3), message(4), message(5)])).toEqual([
      'hole',
    ]);
  });

  it('finds a hole that a resume leaves', () => {
    const told = [joined(at(0)), message(1), joined(at(1), at(1), true), message(4), message(5)];
    expect(verdictsOn(told)).toEqual(['hole']);
  });

  it('finds a hole of what nobody was answered, but somebody got', () => {
    const broadcasts = [sent(1), sent(2, 'unknown'), sent(3)];
    const ann = sight(joined(at(0)), message(1), message(2), message(3));
    const told = [joined(at(0)), message(1), message(3)];
    expect(verdictsOn(told, { broadcasts, sights: [ann, sight(...told)] })).toEqual(['hole']);
  });

  it('finds a hole of what was accepted, and nobody got', () => {
    const told = [joined(at(0)), message(1), message(2), message(4), message(5)];
    expect(verdictsOn([], { sights: [sight(...told)] })).toEqual(['hole']);
  });

  it('finds a hole at the end', () => {
    expect(verdictsOn([joined(at(0)), message(1), message(2), message(3)])).toEqual(['hole']);
  });

  it('finds a repetition', () => {
    const told = [joined(at(2)), message(3), message(4), joined(at(4), at(4), true), message(4)];
    expect(verdictsOn([...told, message(5)])).toEqual(['repetition']);
  });

  it('finds a text that was accepted twice', () => {
    const again: Told = { what: 'message', position: at(6), text: 'text 5' };
    expect(verdictsOn([joined(at(4)), message(5), again])).toEqual(['repetition']);
  });

  it('finds a reordering', () => {
    const told = [joined(at(1)), message(3), message(2), message(4), message(5)];
    expect(verdictsOn(told)).toContain('reordering');
  });

  it('finds a client in another history, which was not told so', () => {
    const broadcasts = [...FIVE, sent(4, 'accepted', 'b'), sent(5, 'accepted', 'b')];
    const ann = sight(joined(at(3)), message(4, 'b'), message(5, 'b'));
    const told = [joined(at(3)), message(4), message(5, 'b')];
    const check = { broadcasts, mayLose: true };
    expect(verdictsOn(told, { ...check, sights: [ann, sight(...told)] })).toEqual([
      'other history',
    ]);
    const honest = [joined(at(3)), message(4), gap(at(4, 'b')), message(5, 'b')];
    expect(verdictsOn(honest, { ...check, sights: [ann, sight(...honest)] })).toEqual([]);
  });

  it('takes a gap in front of a message for no other history, where the broker knows no more', () => {
    const broadcasts = [sent(4), sent(5)];
    const ann = sight(joined(at(0)), message(4), message(5));
    const check = { broadcasts, sights: [ann], mayLose: true };
    const verdictsBehind = (position: string): string[] => {
      const bob = { client: 'bob', room: ROOM, told: [joined(at(0)), gap(position), message(5)] };
      return verdictsOn([], { ...check, sights: [ann, bob] });
    };
    // The complement of the tag of what follows.
    expect(verdictsBehind(at(4, '5'))).toEqual([]);
    expect(verdictsBehind(at(4, '6'))).toEqual(['other history']);
  });

  it('takes offsets of a history that is over for no hole in the next one', () => {
    const early = [joined(at(0)), message(1), message(2), message(3)];
    const late = [joined(at(1, 'b'), at(3)), message(3, 'b')];
    const broadcasts = [sent(1), sent(2), sent(3), sent(3, 'accepted', 'b')];
    const told = [...early, ...late];
    expect(verdictsOn([], { broadcasts, sights: [sight(...told)], mayLose: true })).toEqual([]);
    const ann = sight(joined(at(1, 'b')), message(2, 'b'), message(3, 'b'));
    const all = [...broadcasts, sent(2, 'accepted', 'b')];
    const check = { broadcasts: all, sights: [ann, sight(...told)], mayLose: true };
    expect(verdictsOn([], check)).toContain('hole');
  });

  it('finds a gap without need, and takes one where messages may be lost', () => {
    const told = [joined(at(0)), message(1), gap(at(3)), message(4), message(5)];
    expect(verdictsOn(told)).toEqual(['gap without need']);
    expect(verdictsOn(told, { mayLose: true })).toEqual([]);
    const refused = [joined(at(0)), message(1), joined(at(3), at(1)), message(4), message(5)];
    expect(verdictsOn(refused)).toEqual(['gap without need']);
    expect(verdictsOn(refused, { mayLose: true })).toEqual([]);
  });

  it('takes a text again that was lost after it was told, behind a gap alone', () => {
    const again: Told = { what: 'message', position: at(5, 'b'), text: 'text 5' };
    const told = [joined(at(4)), message(5), gap(at(4, 'b')), again];
    expect(verdictsOn(told, { mayLose: true })).not.toContain('repetition');
    expect(verdictsOn([joined(at(4)), message(5), again], { mayLose: true })).toContain(
      'repetition',
    );
  });

  it('finds a message at the place of another, or of another room', () => {
    const stray: Told = { what: 'message', position: at(3), text: 'text 4' };
    expect(verdictsOn([joined(at(2)), stray])).toContain('wrong place');
    const foreign: Told = { what: 'message', position: at(6), text: 'nobody sent it' };
    expect(verdictsOn([joined(at(5)), foreign])).toContain('wrong place');
  });

  it('finds a resume that goes on from elsewhere', () => {
    const told = [joined(at(1)), message(2), joined(at(3), at(2), true), message(4), message(5)];
    expect(verdictsOn(told)).toContain('wrong place');
  });

  it('finds a message outside', () => {
    expect(verdictsOn([message(5)])).toContain('uninvited');
    expect(verdictsOn([joined(at(4)), { what: 'leave' }, message(5)])).toContain('uninvited');
  });
});

describe('the checker of rooms without history', () => {
  const three = [1, 2, 3].map((count) => Object.assign(sent(count), { room: PLAIN }));
  const check = (told: readonly Told[], broadcasts: readonly Broadcast[] = three) => {
    const { findings, missed } = checkPlain({
      broadcasts,
      sights: [{ client: 'bob', room: PLAIN, told }],
    });
    return { verdicts: findings.map(({ verdict }) => verdict), missed };
  };

  it('finds nothing where all came', () => {
    const told = [joined('-'), message(1), message(2), message(3)];
    expect(check(told)).toEqual({ verdicts: [], missed: 0 });
  });

  it('counts what is missing behind a gap, or between two connections', () => {
    expect(check([joined('-'), message(1), gap('-'), message(3)])).toEqual({
      verdicts: [],
      missed: 1,
    });
    expect(check([joined('-'), message(1), joined('-'), message(3)])).toEqual({
      verdicts: [],
      missed: 1,
    });
  });

  it('does not miss what nobody has accepted', () => {
    const [first, , third] = three;
    const broadcasts = [first, { ...sent(2, 'refused'), room: PLAIN }, third].filter(
      (one) => one !== undefined,
    );
    expect(check([joined('-'), message(1), message(3)], broadcasts).missed).toBe(0);
  });

  it('finds a loss that was not announced', () => {
    expect(check([joined('-'), message(1), message(3)]).verdicts).toEqual(['unannounced loss']);
  });

  it('finds a repetition on one connection, and takes one of a slower node after a reconnect', () => {
    expect(check([joined('-'), message(1), message(1)]).verdicts).toEqual(['repetition']);
    const late = [joined('-'), message(1), message(2), joined('-'), message(1), message(2)];
    expect(check(late).verdicts).toEqual([]);
    expect(check([...late, message(2)]).verdicts).toEqual(['repetition']);
    expect(check([...late, message(1)]).verdicts).toEqual(['repetition']);
  });

  it('finds a reordering of what one has sent', () => {
    expect(check([joined('-'), message(2), message(1)]).verdicts).toEqual(['reordering']);
  });

  it('finds what nobody has sent', () => {
    expect(check([joined('-'), message(4)]).verdicts).toEqual(['wrong place']);
  });
});
