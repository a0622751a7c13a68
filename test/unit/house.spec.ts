import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What each file below a folder imports of the others, types included. */
const importsBelow = (top: string): Map<string, string[]> =>
  new Map(
    readdirSync(top, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => {
        const paths = readFileSync(join(top, file), 'utf8').matchAll(/from '(\.[^']+)\.js'/g);
        return [file, [...paths].map(([, path = '']) => join(dirname(file), `${path}.ts`))];
      }),
  );
const imports = importsBelow('lib');

function reach(from: string, graph: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    for (const next of graph.get(name) ?? []) if (!seen.has(next)) visit((seen.add(next), next));
  };
  visit(from);
  return seen;
}

/** Those that can be reached from themselves. */
const circlesOf = (graph: ReadonlyMap<string, readonly string[]>): string[] =>
  [...graph.keys()].filter((name) => reach(name, graph).has(name));

const folderOf = (file: string): string => (file.includes('/') ? dirname(file) : '.');
const topFolderOf = (file: string): string => folderOf(file).split('/')[0] ?? '.';

/** What each folder imports of others. */
function foldersOf(files: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const folders = new Map<string, string[]>();
  for (const [file, imported] of files) {
    const folder = topFolderOf(file);
    const others = imported.map(topFolderOf).filter((other) => other !== folder);
    folders.set(folder, [...(folders.get(folder) ?? []), ...others]);
  }
  return folders;
}
const importsOfFolders = foldersOf(imports);

describe('the house', () => {
  it('has no circle of imports between files', () => {
    expect(circlesOf(imports)).toEqual([]);
  });

  it('has no circle of imports between folders', () => {
    expect(circlesOf(importsOfFolders)).toEqual([]);
  });

  it.each(readdirSync('packages'))('has none in the package %s', (name) => {
    const ofPackage = importsBelow(join('packages', name, 'lib'));
    expect(ofPackage.size).toBeGreaterThan(0);
    expect([...circlesOf(ofPackage), ...circlesOf(foldersOf(ofPackage))]).toEqual([]);
  });

  /** `_destroy()` and the like are what Node asks streams to have. */
  it('reads private parts of others in the folders for that alone', () => {
    const readers = [...imports.keys()].filter((file) =>
      /(['.])(?!_(destroy|write|read|final)\b)_[a-z]\w+/i.test(
        readFileSync(join('lib', file), 'utf8'),
      ),
    );
    const homes = new Set(readers.map(topFolderOf));
    expect([...homes].toSorted()).toEqual(['platforms', 'ws']);
  });

  it('has end-to-end tests in folders of the same names', () => {
    const inLib = new Set(importsOfFolders.keys());
    const tested = readdirSync('test/e2e', { withFileTypes: true }).filter((item) =>
      item.isDirectory(),
    );
    expect(tested.length).toBeGreaterThan(0);
    expect(tested.filter(({ name }) => !inLib.has(name))).toEqual([]);
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
