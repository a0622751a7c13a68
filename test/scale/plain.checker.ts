import type { Broadcast, Finding, RoomSight, Verdict } from './told.js';

export interface PlainCheck {
  /** All that was sent in rooms without history. */
  readonly broadcasts: readonly Broadcast[];
  readonly sights: readonly RoomSight[];
}

export interface PlainVerdict {
  readonly findings: readonly Finding[];
  readonly received: number;
  /** Messages that were accepted between two that the client was told, and not told to it. */
  readonly missed: number;
}

/**
 * Without history: at most once on a connection, in the order of each sender; what a connection misses is announced.
 * A client that reconnects to a node with a slower link may get a message of before again, since it has no position.
 */
export function checkPlain({ broadcasts, sights }: PlainCheck): PlainVerdict {
  const sent = new Map(broadcasts.map((one) => [one.text, one]));
  const lives = new Map<string, Broadcast[]>();
  for (const one of broadcasts) {
    const key = `${one.room} ${one.sender}`;
    lives.set(key, [...(lives.get(key) ?? []), one]);
  }
  const checker = new PlainChecker(sent, lives);
  for (const sight of sights) checker.read(sight);
  return checker;
}

/** The last message of a sender, and whether something may be missing since. */
interface Last {
  readonly count: number;
  readonly connection: number;
  mayMiss: boolean;
}

/** What is known of a client in a room so far. */
interface Reading {
  readonly connection: number;
  readonly last: Map<string, Last>;
  readonly seen: Map<string, number>;
  fail(verdict: Verdict, what: string): void;
}

class PlainChecker implements PlainVerdict {
  readonly findings: Finding[] = [];
  received = 0;
  missed = 0;

  constructor(
    private readonly sent: ReadonlyMap<string, Broadcast>,
    private readonly lives: ReadonlyMap<string, readonly Broadcast[]>,
  ) {}

  read({ client, room, told }: RoomSight): void {
    const last = new Map<string, Last>();
    /** By text: the connection that got it last. */
    const seen = new Map<string, number>();
    let connection = 0;
    const fail = (verdict: Verdict, what: string): void => {
      this.findings.push({ verdict, detail: `${client} in ${room} ${what}` });
    };
    for (const one of told) {
      if (one.what === 'message')
        this.readMessage(room, one.text, { connection, last, seen, fail });
      else for (const sender of last.values()) sender.mayMiss = true;
      if (one.what === 'join') connection += 1;
    }
  }

  private readMessage(room: string, text: string, { connection, last, seen, fail }: Reading): void {
    this.received += 1;
    const broadcast = this.sent.get(text);
    if (broadcast?.room !== room) {
      fail('wrong place', `got "${text}" of nobody here`);
      return;
    }
    const { sender, count } = broadcast;
    const before = last.get(sender);
    const isEarlier = before && count < before.count;
    if (seen.get(text) === connection) fail('repetition', `got "${text}" again`);
    else if (isEarlier && before.connection === connection)
      fail('reordering', `got "${text}" after number ${before.count} of its sender`);
    else if (before && !isEarlier) {
      const missed = this.acceptedBetween(room, sender, before.count, count);
      this.missed += missed.length;
      if (missed.length > 0 && !before.mayMiss)
        fail('unannounced loss', `got "${text}" without "${missed.join('", "')}"`);
    }
    seen.set(text, connection);
    last.set(sender, { count, mayMiss: false, connection });
  }

  private acceptedBetween(room: string, sender: string, from: number, to: number): string[] {
    if (to === from + 1) return [];
    const life = this.lives.get(`${room} ${sender}`) ?? [];
    return life
      .filter(({ count, outcome }) => outcome === 'accepted' && count > from && count < to)
      .map(({ text }) => text);
  }
}
