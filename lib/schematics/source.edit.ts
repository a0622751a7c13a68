import type { Node, NodeArray, SourceFile } from 'typescript';
import { typescript as ts } from './devkit.js';

/** Replaces a text, usually an empty one, and leaves the rest of the file as is. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** The content between brackets: elements of an array, properties of an object. */
export interface Listing {
  readonly list: Node;
  readonly items: NodeArray<Node>;
}

const DEFAULT_INDENTATION = '  ';

export function parse(content: string, kind: 'ts' | 'json' = 'ts'): SourceFile {
  const script = kind === 'json' ? ts.ScriptKind.JSON : ts.ScriptKind.TS;
  return ts.createSourceFile(`file.${kind}`, content, ts.ScriptTarget.Latest, true, script);
}

export function descendants(node: Node): Node[] {
  const children: Node[] = [];
  ts.forEachChild(node, (child) => {
    children.push(child, ...descendants(child));
  });
  return children;
}

export const insert = (at: number, text: string): Edit => ({ from: at, to: at, text });

/** Edits at one place apply in order. */
export function applyEdits(content: string, edits: readonly Edit[]): string {
  return edits
    .toSorted((one, other) => one.from - other.from)
    .reduceRight(
      (text, edit) => text.slice(0, edit.from) + edit.text + text.slice(edit.to),
      content,
    );
}

/** Adds an item in the style of the others: on its own line or not, with a trailing comma or not. */
export function addItem(content: string, { list, items }: Listing, item: string): Edit[] {
  const last = items.at(-1);
  if (!last) return [firstItem(content, list, item)];
  const indentation = indentationAt(content, last.getStart());
  const afterLast = items.hasTrailingComma ? items.end : last.getEnd();
  if (indentation === undefined) {
    return [insert(afterLast, items.hasTrailingComma ? ` ${item},` : `, ${item}`)];
  }
  const line = endOfLine(content, afterLast) + indentation + item;
  const afterLine = afterComments(content, afterLast);
  return items.hasTrailingComma
    ? [insert(afterLine, `${line},`)]
    : [insert(afterLast, ','), insert(afterLine, line)];
}

/** The same, before an existing item. */
export function addItemBefore(content: string, next: Node, item: string): Edit {
  const at = next.getStart();
  const indentation = indentationAt(content, at);
  const gap = indentation === undefined ? ' ' : endOfLine(content, at) + indentation;
  return insert(at, `${item},${gap}`);
}

/** Between brackets that are empty, or hold only comments. */
function firstItem(content: string, list: Node, item: string): Edit {
  const start = list.getStart() + 1;
  const end = list.getEnd() - 1;
  const inside = content.slice(start, end);
  const at = start + inside.trimEnd().length;
  if (inside.includes('\n')) {
    const indentation = (indentationAt(content, end) ?? '') + indentationOf(content);
    return insert(at, endOfLine(content, at) + indentation + item);
  }
  const isObject = content[end] === '}';
  const before = isObject || inside !== '' ? ' ' : '';
  return insert(at, before + item + (isObject && inside === '' ? ' ' : ''));
}

/** The line's indentation, if nothing else comes before it. */
function indentationAt(content: string, at: number): string | undefined {
  const line = content.slice(content.lastIndexOf('\n', at - 1) + 1, at);
  return line.trim() === '' ? line : undefined;
}

/** One level of the file's indentation; the second line of a comment does not count. */
export function indentationOf(content: string): string {
  return /^([ \t]+)(?![ \t*])\S/m.exec(content)?.[1] ?? DEFAULT_INDENTATION;
}

/** The line ending of the surrounding lines. */
export function endOfLine(content: string, at: number): '\n' | '\r\n' {
  const next = content.indexOf('\n', at);
  const end = next === -1 ? content.lastIndexOf('\n') : next;
  return content[end - 1] === '\r' ? '\r\n' : '\n';
}

/** After the comments that follow on the same line. */
export function afterComments(content: string, at: number): number {
  return ts.getTrailingCommentRanges(content, at)?.at(-1)?.end ?? at;
}
