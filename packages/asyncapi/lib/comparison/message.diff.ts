import type { ContractMessage } from './compared.routes.js';
import type { Report } from './route.change.js';
import { SchemaDiff, type Sides } from './schema.diff.js';

type Direction = 'in' | 'out';
type Pair = readonly [before: ContractMessage, after: ContractMessage];

/** Compares the messages of a route that go one way. */
export function comparedMessages(
  direction: Direction,
  before: readonly ContractMessage[],
  after: readonly ContractMessage[],
  sides: Sides,
  report: Report,
): void {
  const { pairs, gone, added } = pairedMessages(before, after);
  const wasUnknown = before.some(({ isUnknown }) => isUnknown);
  for (const [one, other] of pairs) compareMessage(direction, one, other, sides, report);
  for (const message of gone) {
    if (message.isUnknown) continue;
    if (direction === 'in') report('breaking', `${titleOf(message)}: is no longer taken`);
    else report('risky', `${titleOf(message)}: is no longer sent`);
  }
  for (const message of added) {
    if (message.isUnknown) continue;
    const isRisky = direction === 'out' && !wasUnknown;
    report(isRisky ? 'risky' : 'added', `${titleOf(message)}: is new`);
  }
}

function compareMessage(
  direction: Direction,
  before: ContractMessage,
  after: ContractMessage,
  { before: old, after: now }: Sides,
  report: Report,
): void {
  const title = titleOf(after);
  if (after.isDeprecated && !before.isDeprecated) report('added', `${title}: is deprecated`);
  if (before.isUnknown && after.isUnknown) return;
  if (before.isUnknown) {
    report('added', `${title}: its schema is known`);
    return;
  }
  if (after.isUnknown) {
    report(direction === 'in' ? 'added' : 'breaking', `${title}: its schema is unknown`);
    return;
  }
  if (before.contentType !== after.contentType) {
    report('breaking', `${title}: ${before.contentType} → ${after.contentType}`);
    return;
  }
  new SchemaDiff(old, now, direction, report).compare(before.payload, after.payload, title);
}

/** Pairs messages by type, then by name, then by schema if renamed, and at last pairs two that are left alone. */
function pairedMessages(
  before: readonly ContractMessage[],
  after: readonly ContractMessage[],
): { pairs: Pair[]; gone: ContractMessage[]; added: ContractMessage[] } {
  const pairs: Pair[] = [];
  const gone = new Set(before);
  const added = new Set(after);
  const isLike: ((one: ContractMessage, other: ContractMessage) => boolean)[] = [
    (one, other) => one.type !== undefined && one.type === other.type,
    (one, other) => one.type === other.type && one.name === other.name,
    (one, other) => one.type === other.type && sameContent(one, other),
    (one, other) => gone.size === 1 && added.size === 1 && one.type === other.type,
  ];
  for (const like of isLike) {
    for (const one of gone) {
      const other = [...added].find((each) => like(one, each));
      if (!other) continue;
      pairs.push([one, other]);
      gone.delete(one);
      added.delete(other);
    }
  }
  return { pairs, gone: [...gone], added: [...added] };
}

function sameContent(one: ContractMessage, other: ContractMessage): boolean {
  return (
    one.contentType === other.contentType &&
    JSON.stringify(one.payload) === JSON.stringify(other.payload)
  );
}

function titleOf({ type, name }: ContractMessage): string {
  return type ?? name;
}
