import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as api from 'nestjs-revali-ws';
import * as testing from 'nestjs-revali-ws/testing';

import { ADAPTER_OPTIONS } from '../../lib/gateways/gateway.options.js';
import { ROOM_KIND_OPTIONS, ROOMS_OPTIONS } from '../../lib/options/rooms.descriptors.js';
import type { OptionDescriptor } from '../../lib/options/option.descriptor.js';
import {
  CONNECTION_OPTIONS,
  MODULE_OPTIONS,
  ROUTE_OPTIONS,
  SERVER_OPTIONS,
} from '../../lib/options/options.table.js';
import {
  resolveModuleOptions,
  resolveRouteOptions,
} from '../../lib/options/revali-ws.options.resolver.js';

/** The cells of the tables below a heading, without heads and code marks, from the second item on. */
function rowsOf(page: string, heading: string): string[][] {
  const [, section = ''] = readFileSync(page, 'utf8').split(`\n## ${heading}\n`);
  const lines = (section.split('\n## ')[0] ?? '').replaceAll('`', '').split('\n');
  const isRule = (line = ''): boolean => line.startsWith('| -');
  return lines
    .filter((line, at) => line.startsWith('| ') && !isRule(line) && !isRule(lines[at + 1]))
    .map((line) => line.split('|').map((cell) => cell.trim()));
}

/** A default as the tables write it: `none`, 64, 1 MiB, `'wait'`, `{ … }`. */
function valueOf(plain: string): unknown {
  if (plain === 'none' || plain === 'JSON { event, data }') return undefined;
  const size = /^(\d+) MiB$/.exec(plain)?.[1];
  if (size !== undefined) return Number(size) * 1024 * 1024;
  if (/^[\d,_]+$/.test(plain)) return Number(plain.replaceAll(/[,_]/g, ''));
  if (/^'.*'$/.test(plain)) return plain.slice(1, -1);
  if (plain === 'true' || plain === 'false') return plain === 'true';
  const members = /^\{ (.*) \}$/.exec(plain)?.[1]?.matchAll(/(\w+): (\{[^{}]*\}|[^,]+)/g);
  if (!members) throw new Error(`${plain} is no default that this test can read`);
  return Object.fromEntries(
    [...members].map(([, name = '', value = '']) => [name, valueOf(value)]),
  );
}

const defaultsOf = (heading: string): Record<string, unknown> =>
  Object.fromEntries(
    rowsOf('docs/options.md', heading).map(([, name = '', , value = '']) => [name, valueOf(value)]),
  );

type Descriptors = Readonly<Record<string, OptionDescriptor<unknown>>>;

/** What the tables write for those that have no short form. */
const WRITTEN_DEFAULTS: Readonly<Record<string, unknown>> = {
  ping: CONNECTION_OPTIONS.ping.default.interval,
  observers: undefined,
  rooms: undefined,
};

/** Name, unit and default of the options that the second table does not have. */
function described(table: Descriptors, known: Descriptors): unknown[] {
  return Object.entries(table)
    .filter(([name]) => !(name in known))
    .map(([name, option]) => [
      name,
      option.unit.replaceAll('`', ''),
      name in WRITTEN_DEFAULTS ? WRITTEN_DEFAULTS[name] : option.default,
    ]);
}

/** Defaults that are no value. */
const isWrittenOut = (text: string): boolean => /^(new MemoryBroker|the route's)/.test(text);

describe('the tables of options', () => {
  const module = resolveModuleOptions({});
  const connection = defaultsOf('Connection options');

  it.each<[heading: string, table: Descriptors, known: Descriptors]>([
    ['Connection options', CONNECTION_OPTIONS, {}],
    ['Route options', ROUTE_OPTIONS, CONNECTION_OPTIONS],
    ['Module options', MODULE_OPTIONS, CONNECTION_OPTIONS],
    ['Adapter options', ADAPTER_OPTIONS, SERVER_OPTIONS],
  ])('give name, unit and default as the descriptors do (%s)', (heading, table, known) => {
    const rows = rowsOf('docs/options.md', heading)
      // The other table of the adapter's options has two columns.
      .filter((row) => row.length > 4)
      .map(([, name, unit, value = '']) => [name, unit, valueOf(value)]);
    expect(rows).toEqual(described(table, known));
  });

  it.each<[heading: string, table: Descriptors]>([
    ['Kinds', ROOM_KIND_OPTIONS],
    ['Module options', ROOMS_OPTIONS],
  ])('give name, unit and default of rooms as the descriptors do (%s)', (heading, table) => {
    const rows = rowsOf('docs/rooms.md', heading).map(([, name, unit, value = '']) => [
      name,
      unit,
      isWrittenOut(value) ? undefined : valueOf(value),
    ]);
    expect(rows).toEqual(described(table, {}));
  });

  it('name each option of the module with its default', () => {
    const { ping, observers, ...rest } = module;
    expect({ ...connection, ...defaultsOf('Module options') }).toEqual({
      ...rest,
      ping: ping && ping.interval,
      observers: observers.length === 0 ? undefined : observers,
      rooms: undefined,
    });
    expect(ping && ping.timeout).toBe(connection.ping);
  });

  it('name each option of a route with its default', () => {
    const { ping, ...rest } = resolveRouteOptions('Route.handler()', {}, module);
    expect({ ...connection, ...defaultsOf('Route options') }).toEqual({
      ...rest,
      ping: ping && ping.interval,
    });
  });

  it('name each option of the adapter', () => {
    const page = readFileSync('docs/options.md', 'utf8');
    const [, shared = ''] = /\n## Adapter options\n(.*?) as above/s.exec(page) ?? [];
    const names = [...shared.matchAll(/`(\w+)`/g)].map(([, name]) => name);
    const own = rowsOf('docs/options.md', 'Adapter options').map(([, name]) => name);
    expect(new Set([...names, ...own])).toEqual(new Set(Object.keys(ADAPTER_OPTIONS)));
  });
});

describe('the table of samples', () => {
  it('has a row for each of them', () => {
    const samples = readdirSync('sample').filter((name) => /^\d\d-/.test(name));
    const rows = rowsOf('sample/README.md', 'Applications').map(([, name = '']) => name);
    expect(rows).toEqual(samples.map((name) => `[${name}](${name})`));
  });
});

describe('the tables of exceptions', () => {
  const exceptionsOf = (exports: object): Set<string> =>
    new Set(Object.keys(exports).filter((name) => name.endsWith('Exception')));
  const namesIn = (heading: string): Set<string | undefined> =>
    new Set(rowsOf('docs/close-codes.md', heading).map(([, name]) => name));

  it('name each exception of the package, and no other', () => {
    const named = [...namesIn('Exceptions at the start'), ...namesIn('Exceptions at run time')];
    expect(new Set(named)).toEqual(exceptionsOf(api));
  });

  it('name each exception of the testing kit, and no other', () => {
    expect(namesIn('Exceptions in tests')).toEqual(exceptionsOf(testing));
  });
});

describe('the tables of close codes and refusals', () => {
  const sources = readdirSync('lib', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join('lib', file), 'utf8'))
    .join('\n');

  it.each(['Close codes', 'Refusals'])('quote what the code says (%s)', (heading) => {
    const page = readFileSync('docs/close-codes.md', 'utf8');
    const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
    const second = [...section.matchAll(/^\| \d+\s*\|([^|]*)\|/gm)].map(([, cell]) => cell ?? '');
    const quoted = second.flatMap((cell) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text),
    );
    // The one that ends with the path of the request.
    const fixed = quoted.filter((text) => text !== 'Cannot GET /path');
    expect(fixed.length).toBeGreaterThan(8);
    expect(fixed.filter((text) => !sources.includes(`'${text}'`))).toEqual([]);
  });
});
