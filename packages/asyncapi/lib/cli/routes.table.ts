import type { ContractMessage, ContractRoute } from '../comparison/compared.routes.js';
import { nameOfRoute } from '../comparison/compared.routes.js';
import { oneLine } from './terminal.js';

/** A route, as `revali-ws routes` lists it. */
export interface RouteRow {
  readonly route: string;
  readonly mode: string;
  readonly params: readonly string[];
  readonly received: readonly string[];
  readonly sent: readonly string[];
  /** Directions without a known schema. */
  readonly unknown: readonly ('received' | 'sent')[];
}

export function rowOf(route: ContractRoute): RouteRow {
  const { mode } = route.said;
  const isUnknown = (messages: readonly ContractMessage[]): boolean =>
    messages.some((message) => message.isUnknown);
  return {
    route: nameOfRoute(route),
    mode: typeof mode === 'string' ? mode : 'twoWay',
    params: route.parameters,
    received: titlesOf(route.received),
    sent: titlesOf(route.sent),
    unknown: [
      ...(isUnknown(route.received) ? (['received'] as const) : []),
      ...(isUnknown(route.sent) ? (['sent'] as const) : []),
    ],
  };
}

const HEADS = ['PATH', 'MODE', 'PARAMS', 'RECEIVED', 'SENT'];

/** The lines of a table. */
export function tableOf(rows: readonly RouteRow[]): string[] {
  const cells = rows.map(({ route, mode, params, received, sent }) =>
    [route, mode, listed(params), listed(received), listed(sent)].map(oneLine),
  );
  const widths = HEADS.map((head, column) =>
    Math.max(head.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  return [HEADS, ...cells].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** The lines that name routes without a schema. */
export function unknownLines(rows: readonly RouteRow[]): string[] {
  const found = rows.filter(({ unknown }) => unknown.length > 0);
  if (found.length === 0) return [];
  return [
    'No schema is known of these. Say it with @Receives() and @Sends():',
    ...found.map(({ route, unknown }) => `  ${oneLine(route)}: ${unknown.join(', ')}`),
  ];
}

function titlesOf(messages: readonly ContractMessage[]): string[] {
  return messages.map(({ type, name, isUnknown }) => (isUnknown ? '?' : (type ?? name)));
}

function listed(values: readonly string[]): string {
  return values.length > 0 ? values.join(', ') : '-';
}
