import { Dice } from './dice.js';
import { conversationItems } from './frames.js';
import { garbage } from './garbage.js';
import { endlessPage, itemOf, lastPage, page } from './requests.js';
import type { Ending, Item, Sequence, Step } from './sequence.js';
import type { Setup } from './setups.js';
import {
  goodUpgrade,
  malformedUpgrade,
  refusedUpgrade,
  strangePage,
  strangeUpgrade,
  type Upgrade,
} from './upgrades.js';

/** The sequence that a seed and an index stand for. */
export function makeSequence(seed: number, index: number, setup: Setup): Sequence {
  const dice = new Dice(seed, index, setup);
  const items = [...pageItems(dice), ...mainItems(dice)];
  const steps = writesOf(dice, items);
  return { index, steps: withEnd(dice, steps) };
}

function pageItems(dice: Dice): Item[] {
  const count = dice.pick([0, 0, 1, 1, 2, 3]);
  return Array.from({ length: count }, () => itemOf(page(dice)));
}

/** What the sequence is about. */
function mainItems(dice: Dice): Item[] {
  const kind = dice.next();
  if (kind < 0.45) return dialogue(dice, goodUpgrade(dice));
  if (kind < 0.6) return dialogue(dice, refusedUpgrade(dice));
  if (kind < 0.67) return [upgradeItem(malformedUpgrade(dice)), ...afterwards(dice)];
  if (kind < 0.77) return [upgradeItem(strangePage(dice)), ...afterwards(dice)];
  if (kind < 0.82) return [upgradeItem(strangeUpgrade(dice, endlessPage(dice)))];
  if (kind < 0.87) return [itemOf(endlessPage(dice)), ...afterwards(dice)];
  if (kind < 0.93) return [garbage(dice)];
  return kind < 0.97 ? [itemOf(lastPage(dice))] : [];
}

/** More requests, which come to nothing where the connection was to end. */
function afterwards(dice: Dice): Item[] {
  if (dice.chance(0.5)) return [];
  return dice.chance(0.5) ? [itemOf(page(dice))] : dialogue(dice, goodUpgrade(dice));
}

/** An upgrade that comes behind others may end the connection, where it would have to wait. */
function upgradeItem(upgrade: Upgrade): Item {
  const { answer, ...item } = itemOf(upgrade);
  return answer ? { ...item, answer: { ...answer, mayBeDropped: true } } : item;
}

function dialogue(dice: Dice, upgrade: Upgrade): Item[] {
  const { talk } = upgrade;
  const item = upgradeItem(upgrade);
  if (!talk) return [item];
  const opened = talk.greeting ? { ...item, frames: talk.greeting } : item;
  const isGateway = upgrade.request.path.startsWith('/gateway');
  const isSendOnly = talk.greeting?.endless !== undefined || talk.greeting?.close !== undefined;
  return [opened, ...conversationItems(dice, talk, isGateway || isSendOnly)];
}

/** Some items go out together, some after what came before is answered. */
function writesOf(dice: Dice, items: readonly Item[]): Step[] {
  const together = dice.pick([0.2, 0.5, 0.9]);
  const groups: Item[][] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (last && dice.chance(together)) last.push(item);
    else groups.push([item]);
  }
  const steps: Step[] = [];
  for (const group of groups) {
    const length = group.reduce((sum, { bytes }) => sum + bytes.length, 0);
    steps.push({ do: 'write', items: group, cuts: dice.cuts(length) }, ...between(dice));
  }
  return steps;
}

function between(dice: Dice): Step[] {
  const kind = dice.next();
  if (kind < 0.5) return [{ do: 'settle' }];
  if (kind < 0.6) return [{ do: 'wait', ms: dice.pick([0, 1, 5, 20]) }];
  if (kind < 0.63) return [{ do: 'stop reading', ms: dice.below(100) }];
  return [];
}

/** After the last step, or somewhere on the way. */
function withEnd(dice: Dice, steps: readonly Step[]): Step[] {
  const isCutShort = dice.chance(0.15);
  const kept = isCutShort ? steps.slice(0, 1 + dice.below(steps.length)) : steps;
  const how = dice.pick<Ending>(['FIN', 'RST', 'reply', 'reply', 'silence']);
  const isPatient = !isCutShort && dice.chance(0.8);
  return [...kept, ...(isPatient ? [{ do: 'settle' } as const] : []), { do: 'end', how }];
}
