import {
  isUnknownBefore,
  offsetOf,
  type Broadcast,
  type Finding,
  type RoomSight,
  type Told,
  type Verdict,
} from './told.js';

export interface KeptCheck {
  /** All that was sent in rooms with history. */
  readonly broadcasts: readonly Broadcast[];
  readonly sights: readonly RoomSight[];
  /** Whether the broker has lost what it had accepted: then gaps are told. */
  readonly mayLose: boolean;
  /** Whether clients had the time to get everything. Default: true. */
  readonly isSettled?: boolean;
}

export interface KeptVerdict {
  readonly findings: readonly Finding[];
  /** Messages that clients were told. */
  readonly received: number;
  /** Joins that went on from where the client was. */
  readonly recovered: number;
  /** Gaps, and joins that did not go on. */
  readonly gaps: number;
}

/** Whether clients of rooms with history were told everything once and in order, or that something is missing. */
export function checkKept(check: KeptCheck): KeptVerdict {
  const checker = new KeptChecker(check);
  for (const sight of check.sights) checker.read(sight);
  return checker.verdict();
}

/** Where one client is in one room. */
interface Place {
  /** What the next message follows. */
  at: string | undefined;
  isIn: boolean;
  gaps: number;
  /** From here on it must have everything, as long as no gap was told. */
  start: number | undefined;
  /** Texts, and how many gaps were told before each. */
  readonly seen: Map<string, number>;
}

class KeptChecker {
  private readonly findings: Finding[] = [];
  private readonly known = new Map<string, KnownRoom>();
  private readonly sent = new Map<string, Broadcast>();
  private received = 0;
  private recovered = 0;
  private gaps = 0;

  constructor(private readonly check: KeptCheck) {
    for (const { room, told } of check.sights) this.roomOf(room).histories.read(told);
    for (const broadcast of check.broadcasts) {
      this.sent.set(broadcast.text, broadcast);
      if (broadcast.position) this.learn(broadcast.room, broadcast.position, broadcast.text);
    }
    for (const { room, told } of check.sights)
      for (const one of told) if (one.what === 'message') this.learn(room, one.position, one.text);
  }

  read({ client, room, told }: RoomSight): void {
    const place: Place = { at: undefined, isIn: false, gaps: 0, start: undefined, seen: new Map() };
    const fail = (verdict: Verdict, what: string): void =>
      this.fail(verdict, `${client} in ${room} ${what}`);
    for (const one of told)
      if (one.what === 'message') this.readMessage(room, client, one, place, fail);
      else if (one.what === 'gap') this.readGap(one.position, place, fail);
      else if (one.what === 'join') this.readJoin(one, place, fail);
      else place.isIn = false;
    this.checkComplete(room, place, fail);
  }

  verdict(): KeptVerdict {
    for (const [name, { followers }] of this.known)
      for (const [position, before] of followers)
        if (before.size > 1) {
          const ways = [...before].map(([from, clients]) => `${from} for ${few(clients)}`);
          this.fail('other history', `${name}: ${position} came after ${ways.join(', after ')}`);
        }
    const { findings, received, recovered, gaps } = this;
    return { findings, received, recovered, gaps };
  }

  private readMessage(
    room: string,
    client: string,
    { position, text }: { readonly position: string; readonly text: string },
    place: Place,
    fail: (verdict: Verdict, what: string) => void,
  ): void {
    this.received += 1;
    if (!place.isIn) fail('uninvited', `got "${text}" outside`);
    if (this.sent.get(text)?.room !== room) fail('wrong place', `got "${text}" of nobody here`);
    const { at, seen, gaps } = place;
    const gapsBefore = seen.get(text);
    // What was lost after it was told may be broadcast again, under another position.
    if (gapsBefore !== undefined && (!this.check.mayLose || gapsBefore === gaps))
      fail('repetition', `got "${text}" again at ${position}`);
    else if (at !== undefined && offsetOf(position) <= offsetOf(at))
      fail('reordering', `got ${position} after ${at}`);
    else if (at !== undefined) this.checkStep(room, client, [at, position], fail);
    seen.set(text, gaps);
    place.at = position;
  }

  /** Between the two, nothing may be. */
  private checkStep(
    room: string,
    client: string,
    [from, to]: readonly [string, string],
    fail: (verdict: Verdict, what: string) => void,
  ): void {
    const missed = this.roomOf(room).between(from, to, this.check.mayLose);
    if (missed.length > 0) fail('hole', `got ${to} after ${from}, without ${few(missed)}`);
    else this.roomOf(room).note(from, to, client);
  }

  private readGap(
    position: string,
    place: Place,
    fail: (verdict: Verdict, what: string) => void,
  ): void {
    if (!place.isIn) fail('uninvited', `was told of a gap outside`);
    this.countGap(place, `was at ${place.at}, and told of a gap before ${position}`, fail);
    place.at = position;
  }

  private readJoin(
    join: {
      readonly position: string;
      readonly isContinued: boolean;
      readonly asked?: string | undefined;
    },
    place: Place,
    fail: (verdict: Verdict, what: string) => void,
  ): void {
    const { position, isContinued, asked } = join;
    place.isIn = true;
    place.start ??= offsetOf(position);
    if (isContinued && asked !== position)
      fail('wrong place', `wanted to go on from ${asked}, and did from ${position}`);
    if (isContinued) this.recovered += 1;
    else if (asked !== undefined)
      this.countGap(place, `could not go on from ${asked}, and starts at ${position}`, fail);
    place.at = position;
  }

  private countGap(
    place: Place,
    what: string,
    fail: (verdict: Verdict, what: string) => void,
  ): void {
    this.gaps += 1;
    place.gaps += 1;
    if (!this.check.mayLose) fail('gap without need', what);
  }

  /** Of what was accepted, nothing is missing for a client that was told of no gap. */
  private checkComplete(
    room: string,
    { start, gaps, seen }: Place,
    fail: (verdict: Verdict, what: string) => void,
  ): void {
    const { mayLose, isSettled = true } = this.check;
    if (start === undefined || gaps > 0 || mayLose || !isSettled) return;
    const missed = this.roomOf(room).accepted.filter(
      ({ position, text }) => position && offsetOf(position) > start && !seen.has(text),
    );
    if (missed.length > 0)
      fail(
        'hole',
        `never got ${few(missed.map(({ text, position }) => `"${text}" (${position})`))}`,
      );
  }

  private learn(room: string, position: string, text: string): void {
    const known = this.roomOf(room);
    const other = known.texts.get(position);
    if (other !== undefined && other !== text)
      this.fail('wrong place', `${room}: ${position} is that of "${other}" and of "${text}"`);
    known.texts.set(position, text);
  }

  private roomOf(name: string): KnownRoom {
    const known = this.known.get(name) ?? new KnownRoom(name, this.check.broadcasts);
    this.known.set(name, known);
    return known;
  }

  private fail(verdict: Verdict, detail: string): void {
    this.findings.push({ verdict, detail });
  }
}

/** What is known of one room, from all who have said something. */
class KnownRoom {
  /** By position. */
  readonly texts = new Map<string, string>();
  /** By position: the positions that it came after, and for whom. */
  readonly followers = new Map<string, Map<string, string[]>>();
  readonly accepted: readonly Broadcast[];
  readonly histories = new Histories();

  constructor(name: string, broadcasts: readonly Broadcast[]) {
    this.accepted = broadcasts.filter(
      ({ room, outcome }) => room === name && outcome === 'accepted',
    );
  }

  /** Offsets that somebody has seen there. @param isOne Of the same history alone. */
  between(from: string, to: string, isOne: boolean): number[] {
    const [start, end] = [offsetOf(from), offsetOf(to)];
    if (end === start + 1) return [];
    const missed = [...this.texts.keys()].filter(
      (position) =>
        offsetOf(position) > start &&
        offsetOf(position) < end &&
        (!isOne || this.histories.areOne(position, to)),
    );
    return [...new Set(missed.map(offsetOf))].toSorted((one, other) => one - other);
  }

  note(from: string, to: string, client: string): void {
    // It says nothing but that it is in front of this one, wherever that is.
    if (isUnknownBefore(from, to)) return;
    const before = this.followers.get(to) ?? new Map<string, string[]>();
    this.followers.set(to, before.set(from, [...(before.get(from) ?? []), client]));
  }
}

/** Which positions are of one history: those that somebody was told one after another. */
class Histories {
  private readonly parents = new Map<string, string>();

  read(told: readonly Told[]): void {
    let at: string | undefined;
    for (const one of told) {
      if (one.what === 'leave') at = undefined;
      else if (one.what === 'message' && at !== undefined)
        this.parents.set(this.rootOf(at), this.rootOf(one.position));
      if (one.what !== 'leave') at = one.position;
    }
  }

  areOne(one: string, other: string): boolean {
    return this.rootOf(one) === this.rootOf(other);
  }

  private rootOf(position: string): string {
    let root = position;
    for (let next = this.parents.get(root); next !== undefined && next !== root;) {
      root = next;
      next = this.parents.get(root);
    }
    return root;
  }
}

/** The first of them, and how many there are. */
function few(list: readonly (string | number)[]): string {
  const first = list.slice(0, 3).join(', ');
  return list.length > 3 ? `${first} and ${list.length - 3} more` : first;
}
