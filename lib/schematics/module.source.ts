import { dirname, join } from 'node:path/posix';
import type { DirEntry, Tree } from '@angular-devkit/schematics';
import { MetadataManager } from '@nestjs/schematics';
import type { Node, ObjectLiteralExpression, SourceFile } from 'typescript';
import { typescript as ts } from './devkit.js';
import { ancestors, fragment } from './project.js';

/** What is to stand in a list of a module's metadata. */
export interface ModuleEntry {
  readonly list: 'controllers' | 'imports';
  /** `ChatController`, `RevaliWsModule.forRoot()` */
  readonly expression: string;
  /** The name to import, and from where. */
  readonly symbol: string;
  readonly from: string;
}

/** Adds the entry and its import; `false`, and nothing changed, where the module is written in a way of its own. */
export function addToModule(tree: Tree, file: string, entry: ModuleEntry): boolean {
  const content = tree.readText(file);
  if (!hasPlainList(content, entry.list)) return false;
  const declared = new MetadataManager(content).insert(entry.list, entry.expression);
  if (declared === undefined || declared === content) return false;
  const endOfLine = content.includes('\r\n') ? '\r\n' : '\n';
  // Nest's own utility writes line feeds.
  const lines = declared.split(/\r?\n/).join(endOfLine);
  tree.overwrite(file, withImport(lines, entry, endOfLine));
  return true;
}

/** One `@Module({ … })`, whose list is an array or is not there and not hidden in a spread either. */
function hasPlainList(content: string, list: string): boolean {
  const metadata = descendants(parse(content))
    .filter((node) => ts.isDecorator(node))
    .map(({ expression }) => expression)
    .filter((node) => ts.isCallExpression(node))
    .filter(({ expression }) => ts.isIdentifier(expression) && expression.text === 'Module')
    .map((call) => call.arguments[0]);
  const [only] = metadata;
  return (
    metadata.length === 1 &&
    only !== undefined &&
    ts.isObjectLiteralExpression(only) &&
    formOf(only, list) !== 'unusual'
  );
}

function formOf(metadata: ObjectLiteralExpression, list: string): 'array' | 'missing' | 'unusual' {
  const named = metadata.properties.find(({ name }) => name && nameOf(name) === list);
  if (!named) return metadata.properties.some(ts.isSpreadAssignment) ? 'unusual' : 'missing';
  const isArray = ts.isPropertyAssignment(named) && ts.isArrayLiteralExpression(named.initializer);
  return isArray ? 'array' : 'unusual';
}

const nameOf = (name: Node): string =>
  ts.isIdentifier(name) || ts.isStringLiteral(name) ? name.text : '';

/** After the last import, quoted as the first one is. */
function withImport(content: string, { symbol, from }: ModuleEntry, endOfLine: string): string {
  const imports = parse(content).statements.filter((node) => ts.isImportDeclaration(node));
  const quote = imports[0]?.moduleSpecifier.getText().at(0) ?? "'";
  const statement = `import { ${symbol} } from ${quote}${from}${quote};`;
  const last = imports.at(-1);
  if (!last) return `${statement}${endOfLine}${endOfLine}${content}`;
  return `${content.slice(0, last.getEnd())}${endOfLine}${statement}${content.slice(last.getEnd())}`;
}

/** The nearest `main.ts` says it, in `NestFactory.create(AppModule)`; else a file is called so. */
export function findRootModule(tree: Tree, sourceRoot: string): string | undefined {
  const main = fragment('main.ts');
  const home = ancestors(tree.getDir(sourceRoot)).find((dir) => dir.subfiles.includes(main));
  const started = home && startedModule(tree, `${home.path}/main.ts`);
  return started ?? moduleByName(home ?? tree.getDir(sourceRoot));
}

function startedModule(tree: Tree, main: string): string | undefined {
  const source = parse(tree.readText(main));
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

/** The first class of a file that carries `@Module()`. */
export function moduleClassOf(content: string): string | undefined {
  return parse(content)
    .statements.filter((node) => ts.isClassDeclaration(node))
    .find((node) => ts.getDecorators(node)?.some((one) => one.getText().startsWith('@Module(')))
    ?.name?.text;
}

const parse = (content: string): SourceFile =>
  ts.createSourceFile('module.ts', content, ts.ScriptTarget.Latest, true);

function descendants(node: Node): Node[] {
  const children: Node[] = [];
  ts.forEachChild(node, (child) => {
    children.push(child, ...descendants(child));
  });
  return children;
}
