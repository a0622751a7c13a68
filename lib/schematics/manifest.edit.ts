import type { ObjectLiteralExpression } from 'typescript';
import { typescript as ts } from './devkit.js';
import {
  addItem,
  addItemBefore,
  applyEdits,
  endOfLine,
  indentationOf,
  parse,
  type Edit,
} from './source.edit.js';

/** One line of `package.json`: `"name": "value"` in a list. */
export interface ManifestEntry {
  readonly list: 'dependencies' | 'scripts';
  readonly name: string;
  readonly value: string;
}

/**
 * Inserts in name order, in the style of the file.
 *
 * @returns The content unchanged if the list has such a name, or cannot be found.
 */
export function addEntry(content: string, entry: ManifestEntry): string {
  const statement = parse(content, 'json').statements[0];
  if (!statement || !ts.isExpressionStatement(statement)) return content;
  const { expression: root } = statement;
  if (!ts.isObjectLiteralExpression(root)) return content;
  return applyEdits(content, editsFor(content, root, entry));
}

function editsFor(
  content: string,
  root: ObjectLiteralExpression,
  { list: listName, name, value }: ManifestEntry,
): Edit[] {
  const item = `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
  const list = listOf(root, listName);
  if (!list) {
    const added = listWith(content, listName, item);
    return addItem(content, { list: root, items: root.properties }, added);
  }
  if (list.properties.some((property) => nameOf(property) === name)) return [];
  const next = list.properties.find((property) => nameOf(property) > name);
  return next
    ? [addItemBefore(content, next, item)]
    : addItem(content, { list, items: list.properties }, item);
}

function listWith(content: string, list: string, item: string): string {
  if (!content.trim().includes('\n')) return `"${list}": { ${item} }`;
  const [line, indentation] = [endOfLine(content, 0), indentationOf(content)];
  return `"${list}": {${line}${indentation}${indentation}${item}${line}${indentation}}`;
}

function listOf(root: ObjectLiteralExpression, name: string): ObjectLiteralExpression | undefined {
  const property = root.properties.find((candidate) => nameOf(candidate) === name);
  if (!property || !ts.isPropertyAssignment(property)) return undefined;
  return ts.isObjectLiteralExpression(property.initializer) ? property.initializer : undefined;
}

const nameOf = ({ name }: ObjectLiteralExpression['properties'][number]): string =>
  name && ts.isStringLiteral(name) ? name.text : '';
