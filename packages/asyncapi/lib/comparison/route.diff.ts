import { isDeepStrictEqual } from 'node:util';
import { isRecord, listOf } from '../schema/json.schema.js';
import { Alternatives } from './alternatives.js';
import {
  ANY,
  nameOfRoute,
  recordOf,
  type Contract,
  type ContractRoute,
} from './compared.routes.js';
import { grouped } from './grouped.js';
import { comparedMessages } from './message.diff.js';
import type { ChangeDirection, Report, RouteChange } from './route.change.js';
import { comparedSettings } from './settings.diff.js';
import { SchemaDiff, type Sides } from './schema.diff.js';

/** Lists the changes from one document to another, grouped by route. */
export function comparedContracts(before: Contract, after: Contract): RouteChange[] {
  const changes: RouteChange[] = [];
  const met = new Set<ContractRoute>();
  const sides = {
    before: { alternatives: new Alternatives(before.schemas) },
    after: { alternatives: new Alternatives(after.schemas) },
  };
  const old = byShape(before);
  const now = byShape(after);
  for (const route of before.routes) {
    const name = nameOfRoute(route);
    const report =
      (direction: ChangeDirection): Report =>
      (level, text) => {
        changes.push({ level, route: name, direction, text });
      };
    const partner = partnerOf(route, now);
    if (partner) compareRoute(route, partner, sides, report);
    else report('route')('breaking', 'The route is gone');
    if (partner) met.add(partner);
  }
  for (const route of after.routes)
    if (!met.has(route) && !partnerOf(route, old))
      changes.push({
        level: 'added',
        route: nameOfRoute(route),
        direction: 'route',
        text: 'The route is new',
      });
  return unique(changes);
}

type Reports = (direction: ChangeDirection) => Report;

type RoutesByShape = ReadonlyMap<string, readonly ContractRoute[]>;

const byShape = ({ routes }: Contract): RoutesByShape =>
  grouped(routes, ({ place }) => place.shape);

/** A route for any version or any host also serves clients that name one. */
function partnerOf(
  { place: { shape, version, host } }: ContractRoute,
  routes: RoutesByShape,
): ContractRoute | undefined {
  const served = routes.get(shape) ?? [];
  const fits = (given: string, wanted: readonly string[]): boolean => wanted.includes(given);
  const wishes: [string[], string[]][] = [
    [[version], [host]],
    [[version], [ANY]],
    [[ANY, 'neutral'], [host]],
    [[ANY, 'neutral'], [ANY]],
  ];
  for (const [versions, hosts] of wishes) {
    const found = served.find(
      ({ place }) => fits(place.version, versions) && fits(place.host, hosts),
    );
    if (found) return found;
  }
  return undefined;
}

function compareRoute(
  before: ContractRoute,
  after: ContractRoute,
  sides: Sides,
  report: Reports,
): void {
  compareParameters(before, after, report('in'));
  comparePart('query', before, after, sides, report('in'));
  comparePart('headers', before, after, sides, report('in'));
  comparedSettings(before, after, report);
  for (const key of before.answers.keys())
    if (!after.answers.has(key)) report('out')('risky', `The answer to ${key} is no longer named`);
  const { mode: was } = before.said;
  const { mode: is } = after.said;
  if (was !== 'sendOnly' && is !== 'sendOnly')
    comparedMessages('in', before.received, after.received, sides, report('in'));
  if (was !== 'receiveOnly' && is !== 'receiveOnly')
    comparedMessages('out', before.sent, after.sent, sides, report('out'));
}

function compareParameters(before: ContractRoute, after: ContractRoute, report: Report): void {
  before.parameters.forEach((name, index) => {
    const other = after.parameters[index] ?? name;
    if (other !== name)
      report(
        'risky',
        `The parameter ${name} of the path is named ${other}: generated types change`,
      );
    const [old = [], now = []] = [before.values.get(name), after.values.get(other)];
    const gone = old.filter((value) => now.length > 0 && !now.includes(value));
    const added = now.filter((value) => !old.includes(value));
    if (old.length === 0 && now.length > 0)
      report('breaking', `The parameter ${other} allows only ${now.map(String).join(', ')}`);
    else if (gone.length > 0)
      report('breaking', `The parameter ${other} no longer has ${gone.map(String).join(', ')}`);
    else if (old.length > 0 && now.length === 0)
      report('added', `The parameter ${other} may be anything`);
    else if (added.length > 0)
      report('added', `The parameter ${other} may be ${added.map(String).join(', ')}`);
  });
}

/** A handshake may carry more than the route reads. */
function comparePart(
  part: 'query' | 'headers',
  before: ContractRoute,
  after: ContractRoute,
  { before: old, after: now }: Sides,
  report: Report,
): void {
  const none = { type: 'object' };
  const read = (route: ContractRoute): unknown =>
    part === 'headers' ? withLowerCase(route.headers ?? none) : (route.query ?? none);
  new SchemaDiff(old, now, 'in', report).compare(read(before), read(after), part);
}

/** The names of headers ignore case. */
function withLowerCase(schema: Readonly<Record<string, unknown>>): unknown {
  const { properties, required } = schema;
  const lower = Object.entries(recordOf(properties)).map(([name, each]): [string, unknown] => [
    name.toLowerCase(),
    each,
  ]);
  return {
    ...schema,
    ...(isRecord(properties) && { properties: Object.fromEntries(lower) }),
    ...(Array.isArray(required) && {
      required: listOf(required).map((name) => String(name).toLowerCase()),
    }),
  };
}

function unique(changes: readonly RouteChange[]): RouteChange[] {
  return changes.filter(
    (change, index) => changes.findIndex((each) => isDeepStrictEqual(each, change)) === index,
  );
}
