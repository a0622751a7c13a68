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

const LIST = 'dependencies';

/** In the order of the names, and in the style of the file. */
export function addDependency(content: string, name: string, range: string): string {
  const statement = parse(content, 'json').statements[0];
  if (!statement || !ts.isExpressionStatement(statement)) return content;
  const { expression: root } = statement;
  if (!ts.isObjectLiteralExpression(root)) return content;
  const item = `${JSON.stringify(name)}: ${JSON.stringify(range)}`;
  return applyEdits(content, editsFor(content, root, name, item));
}

function editsFor(
  content: string,
  root: ObjectLiteralExpression,
  name: string,
  item: string,
): Edit[] {
  const list = listOf(root);
  if (!list)
    return addItem(content, { list: root, items: root.properties }, listWith(content, item));
  const next = list.properties.find((property) => nameOf(property) > name);
  return next
    ? [addItemBefore(content, next, item)]
    : addItem(content, { list, items: list.properties }, item);
}

function listWith(content: string, item: string): string {
  if (!content.trim().includes('\n')) return `"${LIST}": { ${item} }`;
  const [line, indentation] = [endOfLine(content, 0), indentationOf(content)];
  return `"${LIST}": {${line}${indentation}${indentation}${item}${line}${indentation}}`;
}

function listOf(root: ObjectLiteralExpression): ObjectLiteralExpression | undefined {
  const property = root.properties.find((candidate) => nameOf(candidate) === LIST);
  if (!property || !ts.isPropertyAssignment(property)) return undefined;
  return ts.isObjectLiteralExpression(property.initializer) ? property.initializer : undefined;
}

const nameOf = ({ name }: ObjectLiteralExpression['properties'][number]): string =>
  name && ts.isStringLiteral(name) ? name.text : '';
