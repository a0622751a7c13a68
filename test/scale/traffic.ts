import { eventually } from '../support/deadline.js';
import type { Random } from '../support/random.js';
import type { Ledger } from './ledger.js';
import type { BroadcastAnswer, BroadcastOrder } from './node.process.js';
import type { Nodes } from './nodes.js';
import type { Broadcast } from './told.js';

const TICK = 100;
const LAST_TIMEOUT = 30_000;
/** Milliseconds after which an answer does not come any more: its node is gone. */
const LOST_AFTER = 7_000;

export interface TrafficParts {
  readonly nodes: Nodes;
  readonly ledger: Ledger;
  readonly random: Random;
  readonly rooms: number;
  /** Broadcasts a second. */
  readonly rate: number;
  /** Which part of them is in rooms with history. */
  readonly keptShare: number;
  /** Bytes of each. */
  readonly size: number;
}

/** Has nodes broadcast: texts that nobody else sends, some of them under an id of their own. */
export class Traffic {
  private timer: NodeJS.Timeout | undefined;
  private due = 0;

  constructor(private readonly parts: TrafficParts) {}

  start(): void {
    const { rate } = this.parts;
    this.timer = setInterval(() => {
      this.due += (rate * TICK) / 1_000;
      for (; this.due >= 1; this.due -= 1) this.send();
    }, TICK);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** An answer of a node. What nobody knows of is repeated elsewhere, where it has an id. */
  note(answer: BroadcastAnswer): void {
    const { ledger, nodes, random } = this.parts;
    ledger.note(answer);
    const broadcast = ledger.get(answer.text);
    if (answer.outcome !== 'unknown' || !broadcast || !hasId(broadcast)) return;
    if (ledger.repeated.has(answer.text)) return;
    const sender = nodes.anySender(random);
    if (!sender) return;
    ledger.repeated.add(answer.text);
    sender.broadcast([this.orderOf(broadcast)]);
  }

  /** One more in each room of a kind, until it is accepted. @returns Them by room. */
  async last(kind: 'kept' | 'plain'): Promise<ReadonlyMap<string, Broadcast>> {
    const { rooms } = this.parts;
    const last = new Map<string, Broadcast>();
    const all = Array.from({ length: rooms }, (_, index) => this.roomOf(kind, index));
    await Promise.all(
      all.map(async (room) => {
        let sent: Broadcast | undefined;
        let again = 0;
        await eventually(
          () => {
            const { outcome, isAnswered } = sent ?? {};
            if (outcome === 'accepted') return;
            if (!sent || isAnswered === true || performance.now() > again) {
              sent = this.sendIn(room);
              again = performance.now() + LOST_AFTER;
            }
            throw new Error(outcome ?? 'no node');
          },
          `a broadcast in ${room} to be accepted`,
          LAST_TIMEOUT,
        );
        if (sent) last.set(room, sent);
      }),
    );
    return last;
  }

  private send(): void {
    const { keptShare, random, rooms } = this.parts;
    const kind = random.chance(keptShare) ? 'kept' : 'plain';
    this.sendIn(this.roomOf(kind, random.below(rooms)));
  }

  private sendIn(room: string): Broadcast | undefined {
    const { nodes, random, ledger } = this.parts;
    const sender = nodes.anySender(random);
    if (!sender) return undefined;
    const broadcast = ledger.add(sender.name, room);
    sender.broadcast([this.orderOf(broadcast)]);
    return broadcast;
  }

  private orderOf(broadcast: Broadcast): BroadcastOrder {
    const { room, text } = broadcast;
    const kind = room.startsWith('kept/') ? 'kept' : 'plain';
    const name = room.slice(kind.length + 1);
    const id = hasId(broadcast) ? text.replaceAll(' ', ':').slice(0, 64) : undefined;
    return { kind, name, text, size: this.parts.size, id };
  }

  private roomOf(kind: 'kept' | 'plain', index: number): string {
    return `${kind}/${kind === 'kept' ? 'k' : 'p'}${index}`;
  }
}

/** Every third, in rooms with history. */
const hasId = ({ room, count }: Broadcast): boolean => room.startsWith('kept/') && count % 3 === 0;
