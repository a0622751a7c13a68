import type { ImportClause, ImportDeclaration, ImportSpecifier, SourceFile } from 'typescript';
import { typescript as ts } from './devkit.js';
import { afterComments, endOfLine, insert, type Edit } from './source.edit.js';

/** A name to import, and its module. */
export interface Import {
  readonly symbol: string;
  readonly from: string;
}

interface NamedImport {
  readonly declaration: ImportDeclaration;
  readonly clause: ImportClause;
  readonly specifier: ImportSpecifier;
}

/** The edits that let a file use the name, and its local name. */
export interface ImportEdits {
  readonly local: string;
  readonly edits: readonly Edit[];
}

/** @returns `undefined` if the name means something else in this file. */
export function importEdits(source: SourceFile, wanted: Import): ImportEdits | undefined {
  const present = namedImports(source).filter((named) => isOf(named, wanted));
  const value = present.find((named) => !isTypeOnly(named));
  if (value) return { local: value.specifier.name.text, edits: [] };
  const { symbol } = wanted;
  const type = present.find(({ specifier }) => specifier.name.text === symbol);
  if (type) return { local: symbol, edits: withoutType(source, type, wanted) };
  return isTaken(source, symbol) ? undefined : { local: symbol, edits: [added(source, wanted)] };
}

export function importsOf(source: SourceFile): ImportDeclaration[] {
  return source.statements.filter((node) => ts.isImportDeclaration(node));
}

export function namedImports(source: SourceFile): NamedImport[] {
  return importsOf(source).flatMap((declaration) => {
    const clause = declaration.importClause;
    const bindings = clause?.namedBindings;
    if (!clause || !bindings || !ts.isNamedImports(bindings)) return [];
    return bindings.elements.map((specifier) => ({ declaration, clause, specifier }));
  });
}

export const importedName = ({ name, propertyName }: ImportSpecifier): string =>
  (propertyName ?? name).text;

export const isTypeOnly = ({ clause, specifier }: NamedImport): boolean =>
  clause.isTypeOnly || specifier.isTypeOnly;

function isOf({ declaration, specifier }: NamedImport, { symbol, from }: Import): boolean {
  return importedName(specifier) === symbol && moduleOf(declaration) === from;
}

function moduleOf({ moduleSpecifier }: ImportDeclaration): string {
  return ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : '';
}

/** A type import of the same name would clash with the value import. */
function withoutType(source: SourceFile, named: NamedImport, wanted: Import): Edit[] {
  const { clause, specifier } = named;
  if (specifier.isTypeOnly) {
    return [{ from: specifier.getStart(), to: specifier.name.getStart(), text: '' }];
  }
  const { elements } = specifier.parent;
  if (elements.length === 1) {
    return [{ from: clause.getStart(), to: specifier.parent.getStart(), text: '' }];
  }
  const at = elements.indexOf(specifier);
  const [previous, next] = [elements[at - 1], elements[at + 1]];
  const removal = next
    ? { from: specifier.getStart(), to: next.getStart(), text: '' }
    : { from: previous?.getEnd() ?? specifier.getStart(), to: specifier.getEnd(), text: '' };
  return [removal, added(source, wanted)];
}

function isTaken(source: SourceFile, name: string): boolean {
  const imported = importsOf(source).flatMap(({ importClause }) => {
    const bindings = importClause?.namedBindings;
    const namespace = bindings && ts.isNamespaceImport(bindings) ? bindings.name.text : undefined;
    return [importClause?.name?.text, namespace];
  });
  const named = namedImports(source).map(({ specifier }) => specifier.name.text);
  return [...imported, ...named, ...source.statements.flatMap(declaredBy)].includes(name);
}

function declaredBy(statement: SourceFile['statements'][number]): (string | undefined)[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const isNamed =
    ts.isClassDeclaration(statement) ||
    ts.isFunctionDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isEnumDeclaration(statement);
  return isNamed ? [statement.name?.text] : [];
}

/** After the last import, in the quotes of the first; in a file without imports, at the start but after directives. */
function added(source: SourceFile, { symbol, from }: Import): Edit {
  const content = source.text;
  const imports = importsOf(source);
  const quote = imports[0]?.moduleSpecifier.getText().at(0) ?? "'";
  const last = imports.at(-1) ?? source.statements.findLast(isDirective);
  const semicolon = !last || last.getText().endsWith(';') ? ';' : '';
  const statement = `import { ${symbol} } from ${quote}${from}${quote}${semicolon}`;
  if (last) {
    const at = afterComments(content, last.getEnd());
    return insert(at, endOfLine(content, at) + statement);
  }
  // A byte order mark from an editor stays first.
  const at = content.startsWith('\ufeff') ? 1 : 0;
  const gap = endOfLine(content, at);
  return insert(at, statement + gap + gap);
}

function isDirective(statement: SourceFile['statements'][number]): boolean {
  return ts.isExpressionStatement(statement) && ts.isStringLiteral(statement.expression);
}
