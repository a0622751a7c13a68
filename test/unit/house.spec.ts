import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What each file of lib imports, types included. */
const imports = new Map(
  readdirSync('lib', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => {
      const paths = readFileSync(join('lib', file), 'utf8').matchAll(/from '(\.[^']+)\.js'/g);
      return [file, [...paths].map(([, path = '']) => join(dirname(file), `${path}.ts`))];
    }),
);

function reach(from: string, seen = new Set<string>()): Set<string> {
  for (const next of imports.get(from) ?? []) if (!seen.has(next)) reach(next, seen.add(next));
  return seen;
}

/** Circles that are still there, by the first of their files. Take out what you cut; add nothing. */
const KNOWN: string[] = [];

describe('the house', () => {
  it('has no circle of imports but those that are known', () => {
    const reached = new Map([...imports.keys()].map((file) => [file, reach(file)]));
    const firsts = [...reached]
      .filter(([file, others]) => others.has(file))
      .map(([file, others]) =>
        [...others].filter((other) => reached.get(other)?.has(file)).toSorted(),
      )
      .map(([first = '']) => first);
    expect([...new Set(firsts)].toSorted()).toEqual(KNOWN);
  });

  it('has the folders that CONTRIBUTING names, and no other', () => {
    const [, tree = ''] = /\nlib\/\n([^`]*)```/.exec(readFileSync('CONTRIBUTING.md', 'utf8')) ?? [];
    const named = [...tree.matchAll(/^ {2}([\w-]+)\/ /gm)].map(([, name]) => name);
    const folders = readdirSync('lib', { withFileTypes: true }).filter((item) =>
      item.isDirectory(),
    );
    expect(new Set(named)).toEqual(new Set(folders.map(({ name }) => name)));
  });
});
