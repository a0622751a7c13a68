import { isRecord, listOf } from '../schema/json.schema.js';
import { recordOf, type ContractRoute } from './compared.routes.js';
import type { ChangeDirection, ChangeLevel, Report } from './route.change.js';

type Reports = (direction: ChangeDirection) => Report;

/** Compares the settings of a route, apart from its messages and its handshake. */
export function comparedSettings(
  before: ContractRoute,
  after: ContractRoute,
  report: Reports,
): void {
  compareModes(before, after, report('route'));
  compareCloses(recordOf(before.said['closes']), recordOf(after.said['closes']), report('out'));
  compareRefusals(before.said, after.said, report('out'));
  compareProtocols(before.said, after.said, report('in'));
  compareLimits(before.said, after.said, report('in'));
  compareBeats(limitOf(before.said['beat']), limitOf(after.said['beat']), report('out'));
  compareMarks(before.said, after.said, report('in'));
  compareSecurity(before.security, after.security, report('in'));
  compareRooms(before.said, after.said, report('out'));
}

type Said = ContractRoute['said'];

function compareModes(
  { said: before }: ContractRoute,
  { said: after }: ContractRoute,
  report: Report,
): void {
  const { mode: was = 'twoWay' } = before;
  const { mode: is = 'twoWay' } = after;
  if (was === is) return;
  report(is === 'twoWay' ? 'added' : 'breaking', `The mode ${String(was)} is ${String(is)}`);
}

function compareCloses(before: Said, after: Said, report: Report): void {
  const texts = (codes: Said, code: string): string => `${code} (${String(codes[code])})`;
  for (const code of Object.keys(after))
    if (!Object.hasOwn(before, code)) report('risky', `May close with ${texts(after, code)}`);
  for (const code of Object.keys(before))
    if (!Object.hasOwn(after, code))
      report('added', `No longer closes with ${texts(before, code)}`);
}

/** Clients may not listen for errors that arrive in another way. */
function compareRefusals(before: Said, after: Said, report: Report): void {
  const [old, now] = [recordOf(before['refusals']), recordOf(after['refusals'])];
  for (const status of Object.keys(now))
    if (!Object.hasOwn(old, status)) report('risky', `May refuse handshakes with ${status}`);
  for (const status of Object.keys(old))
    if (!Object.hasOwn(now, status)) report('added', `No longer refuses handshakes with ${status}`);
  const { errors: was } = before;
  const { errors: is } = after;
  if (was !== undefined && is !== undefined && was !== is)
    report('risky', `errors ${JSON.stringify(was)} → ${JSON.stringify(is)}`);
}

/** Browsers refuse a connection if the server chose none of the offered subprotocols. */
function compareProtocols(before: Said, after: Said, report: Report): void {
  const [old, now] = [listOf(before['protocols']), listOf(after['protocols'])];
  const gone = old.filter((protocol) => !now.includes(protocol));
  const added = now.filter((protocol) => !old.includes(protocol));
  if (gone.length > 0) report('breaking', `No longer speaks the subprotocol ${gone.join(', ')}`);
  if (added.length > 0) report('added', `Speaks the subprotocol ${added.join(', ')}`);
  if (after['protocolRequired'] === true && before['protocolRequired'] !== true)
    report('breaking', 'A subprotocol is required');
  if (before['protocolRequired'] === true && after['protocolRequired'] !== true)
    report('added', 'A subprotocol is no longer required');
  const { calls: was } = before;
  const { calls: is } = after;
  if (was !== undefined && was !== is)
    report('breaking', `No longer speaks ${JSON.stringify(was)}`);
  if (is !== undefined && was === undefined) report('added', `Speaks ${JSON.stringify(is)}`);
}

function compareLimits(before: Said, after: Said, report: Report): void {
  const compare = (name: string, was: number, is: number, smaller: ChangeLevel): void => {
    if (was === is) return;
    const text = (value: number): string => (value === Infinity ? 'none' : String(value));
    report(is < was ? smaller : 'added', `${name} ${text(was)} → ${text(is)}`);
  };
  for (const [name, smaller] of [
    ['maxPayload', 'breaking'],
    ['idleTimeout', 'risky'],
    ['maxLifetime', 'risky'],
  ] as const)
    compare(name, limitOf(before[name]), limitOf(after[name]), smaller);
  const perMinute = (value: unknown): number => {
    const { limit, per } = isRecord(value) ? value : {};
    return typeof limit === 'number' && typeof per === 'number' ? (limit / per) * 60_000 : Infinity;
  };
  const { messageRate: was } = before;
  const { messageRate: is } = after;
  compare('messages a minute', perMinute(was), perMinute(is), 'risky');
}

function limitOf(value: unknown): number {
  return typeof value === 'number' ? value : Infinity;
}

/** Clients take a longer silence than before for a broken connection. If beats are new, they may read an empty message. */
function compareBeats(was: number, is: number, report: Report): void {
  const text = (value: number): string => (value === Infinity ? 'none' : `${value} ms`);
  const level = is > was ? 'breaking' : was === Infinity ? 'risky' : 'added';
  if (was !== is) report(level, `beat ${text(was)} → ${text(is)}`);
}

/** Compares the properties that hold a message's type and body. */
function compareMarks(before: Said, after: Said, report: Report): void {
  for (const [keyword, what] of [
    ['messageType', 'The property that names the type of a message'],
    ['messageBody', 'The property that is the body of a message'],
  ] as const) {
    const [was, is] = [before[keyword], after[keyword]];
    if (was === is) continue;
    const text = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));
    report('breaking', `${what}: ${text(was)} → ${text(is)}`);
  }
  const { deprecated } = after;
  if (deprecated === true && before['deprecated'] !== true)
    report('added', 'The route is deprecated');
}

/** Each scheme alone is enough. A guard may not be new: only the document has changed for certain. */
function compareSecurity(
  before: readonly string[],
  after: readonly string[],
  report: Report,
): void {
  const gone = before.filter((scheme) => !after.includes(scheme));
  const added = after.filter((scheme) => !before.includes(scheme));
  if (added.length > 0)
    report(before.length === 0 ? 'risky' : 'added', `Credentials: ${added.join(', ')}`);
  if (gone.length > 0)
    report(after.length > 0 ? 'breaking' : 'added', `Credentials no longer: ${gone.join(', ')}`);
}

function compareRooms(before: Said, after: Said, report: Report): void {
  const kinds = (said: Said): string[] =>
    listOf(said['rooms']).flatMap((room) => {
      const { kind } = recordOf(room);
      return typeof kind === 'string' ? [kind] : [];
    });
  const [old, now] = [kinds(before), kinds(after)];
  for (const kind of old)
    if (!now.includes(kind)) report('risky', `No longer joins the rooms ${kind}`);
  for (const kind of now) if (!old.includes(kind)) report('added', `Joins the rooms ${kind}`);
}
