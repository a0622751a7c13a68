import type { Tree } from '@angular-devkit/schematics';
import type { CallExpression, Expression, Node, SourceFile } from 'typescript';
import { typescript as ts } from './devkit.js';
import { importedName, isTypeOnly, namedImports } from './import.edit.js';
import { findMain, findRootModule } from './module.source.js';
import { readSource } from './project.js';
import { descendants, parse } from './source.edit.js';
import { SourceResolver } from './source.resolver.js';

const METHODS = new Set(['forRoot', 'forRootAsync']);

export interface WantedModule {
  /** Default: `RevaliWsModule`. */
  readonly symbol?: string;
  /** Searched first. */
  readonly file?: string;
}

/** The application's file that configures our module: any file reachable from `main.ts` or the root module. */
export function findModuleUse(
  tree: Tree,
  sourceRoot: string,
  { symbol = 'RevaliWsModule', file }: WantedModule = {},
): string | undefined {
  const starts = [file, findRootModule(tree, sourceRoot), findMain(tree, sourceRoot)];
  const resolver = new SourceResolver(tree);
  const reached = new Set(starts.filter((start) => start !== undefined));
  // Iterating over a set includes items added meanwhile.
  for (const path of reached) {
    if (!tree.exists(path)) continue;
    const source = parse(readSource(tree, path));
    if (configures(source, symbol)) return path;
    for (const specifier of specifiersOf(source)) {
      const next = resolver.resolve(specifier, path);
      if (next !== undefined) reached.add(next);
    }
  }
  return undefined;
}

/** Finds a call: neither a comment, a string, a type, nor an unused import counts. */
function configures(source: SourceFile, symbol: string): boolean {
  const names = new Set([symbol]);
  for (const named of namedImports(source)) {
    if (importedName(named.specifier) === symbol && !isTypeOnly(named)) {
      names.add(named.specifier.name.text);
    }
  }
  return descendants(source)
    .filter((node) => ts.isCallExpression(node))
    .some(({ expression }) => isMethodOf(expression, names, symbol));
}

function isMethodOf(expression: Expression, names: ReadonlySet<string>, symbol: string): boolean {
  if (!ts.isPropertyAccessExpression(expression)) return false;
  const { name, expression: owner } = expression;
  if (!METHODS.has(name.text)) return false;
  if (ts.isIdentifier(owner)) return names.has(owner.text);
  // `ws.RevaliWsModule` of a namespace.
  return ts.isPropertyAccessExpression(owner) && owner.name.text === symbol;
}

function specifiersOf(source: SourceFile): string[] {
  return descendants(source).flatMap((node) => specifierOf(node) ?? []);
}

function specifierOf(node: Node): string | undefined {
  if (ts.isImportDeclaration(node)) {
    return node.importClause?.isTypeOnly ? undefined : textOf(node.moduleSpecifier);
  }
  if (ts.isExportDeclaration(node)) return textOf(node.moduleSpecifier);
  if (ts.isExternalModuleReference(node)) return textOf(node.expression);
  return ts.isCallExpression(node) && isLoading(node) ? textOf(node.arguments[0]) : undefined;
}

/** `import('…')`, `require('…')` */
function isLoading({ expression }: CallExpression): boolean {
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(expression) && expression.text === 'require')
  );
}

const textOf = (node: Node | undefined): string | undefined =>
  node && ts.isStringLiteralLike(node) ? node.text : undefined;
