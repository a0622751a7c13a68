import type { Answer } from './asking.js';
import type { Question } from './questions.js';

/** One question, and what was answered. */
export interface Comparison {
  readonly question: Question;
  /** Whether a GET finds a route, where nothing fails. */
  readonly isServed: boolean;
  readonly http: Answer;
  readonly ws: Answer;
}

/** A difference between an upgrade and a GET that is meant. */
interface Difference {
  readonly name: string;
  readonly reason: string;
  /** Where users read of it. */
  readonly documented: string;
  readonly explains: (comparison: Comparison) => boolean;
}

/** The list of differences at the end of this section. */
const DOCUMENTED = 'docs/concepts.md#upgrade';

/** A filter that is asked for what a filter has thrown. */
const REPEATED = /^filter\d+ catches filter\d+ throws$/;

/** All of them; anything else is a fault. */
export const differences: readonly Difference[] = [
  {
    name: 'a path that no route serves',
    reason:
      'Such an upgrade is answered 404 before the pipeline, since another listener might have taken it; a GET meets middleware and the 404 page of the platform.',
    documented: DOCUMENTED,
    explains: ({ isServed, ws }) => !isServed && ws.status === 404 && ws.trace.length === 0,
  },
  {
    name: 'a path that is not spelled plainly',
    reason:
      'Middleware and routers read doubled slashes in different ways: an upgrade of such a path is 400.',
    documented: DOCUMENTED,
    explains: ({ question, ws }) => question.path.includes('//') && ws.status === 400,
  },
  {
    name: 'a filter that throws',
    reason:
      "Over HTTP, Nest's outer layers ask filters once more, with what a filter has thrown; a message is answered by the table of errors at once.",
    documented: DOCUMENTED,
    explains: ({ http, ws }) =>
      http.trace.some((entry) => REPEATED.test(entry)) &&
      (!ws.isRefused || http.status === ws.status) &&
      isEqual(withoutRepeated(http), withoutRepeated(ws)),
  },
];

/** What differs, where nothing explains it. */
export function unexplained(comparison: Comparison): string | undefined {
  const { question, http, ws } = comparison;
  if (isSame(http, ws) || differences.some(({ explains }) => explains(comparison)))
    return undefined;
  return JSON.stringify({ question, http, ws }, undefined, 2);
}

function isSame(http: Answer, ws: Answer): boolean {
  return http.status === ws.status && isEqual(http.body, ws.body) && isEqual(http.trace, ws.trace);
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function withoutRepeated({ trace }: Answer): string[] {
  return trace.filter((entry) => !REPEATED.test(entry));
}

/** An application that starts, beside its twin that does not. */
const startDifferences: readonly {
  readonly name: string;
  readonly reason: string;
  readonly documented: string;
  readonly refusal: RegExp;
}[] = [
  {
    name: 'two routes at one place',
    reason:
      'Of two equal GETs Express serves the first; of WebSocket routes the second is refused as a mistake.',
    documented: DOCUMENTED,
    refusal: /^ws: DuplicateWebSocketRouteException/,
  },
  {
    name: 'two hosts at one place on Fastify',
    reason:
      "Fastify's router does not know Nest's hosts, and refuses the second GET; WebSocket routes share theirs.",
    documented: DOCUMENTED,
    refusal: /^http: FastifyError \[FST_ERR_DUPLICATED_ROUTE\]/,
  },
];

/** Why only one of the applications starts, where nothing explains it. `undefined` stands for one that does. */
export function unexplainedStart(
  http: string | undefined,
  ws: string | undefined,
): string | undefined {
  if ((http === undefined) === (ws === undefined)) return undefined;
  const refusal = http === undefined ? `ws: ${ws}` : `http: ${http}`;
  return startDifferences.some((one) => one.refusal.test(refusal)) ? undefined : refusal;
}
