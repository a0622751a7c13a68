import type { DirEntry, Tree } from '@angular-devkit/schematics';
import { dirname, join } from 'node:path/posix';
import type { ArrayLiteralExpression, Node, ObjectLiteralExpression, SourceFile } from 'typescript';
import { typescript as ts } from './devkit.js';
import { importEdits, type Import } from './import.edit.js';
import { ancestors, fragment, readSource } from './project.js';
import { addItem, applyEdits, descendants, parse, type Edit } from './source.edit.js';

/** An entry for a list of a module's metadata. */
export interface ModuleEntry extends Import {
  readonly list: 'controllers' | 'imports' | 'providers';
  /** Follows the name, such as `.forRoot()`. */
  readonly call?: string;
}

/** Adds the entry and its import; returns `false`, without changes, if the module is written in an unknown way. */
export function addToModule(tree: Tree, file: string, entry: ModuleEntry): boolean {
  const content = readSource(tree, file);
  const source = parse(content);
  const metadata = plainMetadata(source);
  const imported = importEdits(source, entry);
  if (!metadata || !imported) return false;
  const item = `${imported.local}${entry.call ?? ''}`;
  const edits = listEdits(content, metadata, entry.list, item);
  // An entry without the call exists already, and means something else.
  if (!edits || (entry.call && isListed(metadata, entry.list, imported.local))) return false;
  tree.overwrite(file, applyEdits(content, [...imported.edits, ...edits]));
  return true;
}

/** The metadata of the only `@Module({ … })`. */
function plainMetadata(source: SourceFile): ObjectLiteralExpression | undefined {
  const metadata = descendants(source)
    .filter((node) => ts.isDecorator(node))
    .map(({ expression }) => expression)
    .filter((node) => ts.isCallExpression(node))
    .filter(({ expression }) => ts.isIdentifier(expression) && expression.text === 'Module')
    .map((call) => call.arguments[0]);
  const [only] = metadata;
  return metadata.length === 1 && only && ts.isObjectLiteralExpression(only) ? only : undefined;
}

/** @returns `undefined` if the list is not an array, or may be hidden in a spread. */
function listEdits(
  content: string,
  metadata: ObjectLiteralExpression,
  list: ModuleEntry['list'],
  item: string,
): Edit[] | undefined {
  const named = metadata.properties.find(({ name }) => name && nameOf(name) === list);
  if (named) {
    const array = arrayOf(named);
    return array && addItem(content, { list: array, items: array.elements }, item);
  }
  if (metadata.properties.some(ts.isSpreadAssignment)) return undefined;
  const listing = { list: metadata, items: metadata.properties };
  return addItem(content, listing, `${list}: [${item}]`);
}

function isListed(metadata: ObjectLiteralExpression, list: string, name: string): boolean {
  const property = metadata.properties.find((one) => one.name && nameOf(one.name) === list);
  const elements = (property && arrayOf(property)?.elements) ?? [];
  return elements.some((element) => ts.isIdentifier(element) && element.text === name);
}

function arrayOf(property: Node): ArrayLiteralExpression | undefined {
  if (!ts.isPropertyAssignment(property)) return undefined;
  return ts.isArrayLiteralExpression(property.initializer) ? property.initializer : undefined;
}

const nameOf = (name: Node): string =>
  ts.isIdentifier(name) || ts.isStringLiteral(name) ? name.text : '';

/** The nearest `main.ts`, which starts the application. */
export function findMain(tree: Tree, sourceRoot: string): string | undefined {
  const main = fragment('main.ts');
  const home = ancestors(tree.getDir(sourceRoot)).find((dir) => dir.subfiles.includes(main));
  return home && join(home.path, 'main.ts');
}

/** The module that `main.ts` names in `NestFactory.create(AppModule)`; otherwise, the file with the usual name. */
export function findRootModule(tree: Tree, sourceRoot: string): string | undefined {
  const main = findMain(tree, sourceRoot);
  const started = main && startedModule(tree, main);
  return started ?? moduleByName(tree.getDir(main ? dirname(main) : sourceRoot));
}

function startedModule(tree: Tree, main: string): string | undefined {
  const source = parse(readSource(tree, main));
  const name = descendants(source)
    .filter((node) => ts.isCallExpression(node))
    .filter(({ expression }) => /^NestFactory\s*\.create/.test(expression.getText()))
    .map((call) => /^\w+/.exec(call.arguments[0]?.getText() ?? '')?.[0])
    .find((found) => found !== undefined);
  const imported = source.statements
    .filter((node) => ts.isImportDeclaration(node))
    .find(({ importClause }) =>
      importClause
        ?.getText()
        .match(/\w+/g)
        ?.includes(name ?? ''),
    );
  if (!imported || !ts.isStringLiteral(imported.moduleSpecifier)) return undefined;
  const path = imported.moduleSpecifier.text;
  const file = join(dirname(main), `${path.replace(/\.[jt]s$/, '')}.ts`);
  return path.startsWith('.') && tree.exists(file) ? file : undefined;
}

function moduleByName(dir: DirEntry): string | undefined {
  const modules = dir.subfiles.filter((file) => file.endsWith('.module.ts'));
  const chosen =
    modules.find((file) => file === 'app.module.ts') ?? (modules.length === 1 ? modules[0] : '');
  return chosen ? join(dir.path, chosen) : undefined;
}

/** The first class of a file that has `@Module()`. */
export function moduleClassOf(content: string): string | undefined {
  return parse(content)
    .statements.filter((node) => ts.isClassDeclaration(node))
    .find((node) => ts.getDecorators(node)?.some((one) => one.getText().startsWith('@Module(')))
    ?.name?.text;
}
