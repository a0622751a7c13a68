import type { Node, NodeArray, SourceFile } from 'typescript';
import { typescript as ts } from './devkit.js';

/** Puts a text in the place of another, mostly of nothing: what else is in a file stays as it is. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** What stands between brackets: elements of an array, properties of an object. */
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

/** Of edits at one place, the first comes first. */
export function applyEdits(content: string, edits: readonly Edit[]): string {
  return edits
    .toSorted((one, other) => one.from - other.from)
    .reduceRight(
      (text, edit) => text.slice(0, edit.from) + edit.text + text.slice(edit.to),
      content,
    );
}

/** A further item in the style of those that are there: on a line of its own or not, with a last comma or not. */
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

/** The same, before one of those that are there. */
export function addItemBefore(content: string, next: Node, item: string): Edit {
  const at = next.getStart();
  const indentation = indentationAt(content, at);
  const gap = indentation === undefined ? ' ' : endOfLine(content, at) + indentation;
  return insert(at, `${item},${gap}`);
}

/** Between brackets that hold nothing, or comments alone. */
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

/** That of the line, where nothing else is before it. */
function indentationAt(content: string, at: number): string | undefined {
  const line = content.slice(content.lastIndexOf('\n', at - 1) + 1, at);
  return line.trim() === '' ? line : undefined;
}

/** One level of it, as the file has it; a comment's second line is not indented by that. */
export function indentationOf(content: string): string {
  return /^([ \t]+)(?![ \t*])\S/m.exec(content)?.[1] ?? DEFAULT_INDENTATION;
}

/** As in the lines around it. */
export function endOfLine(content: string, at: number): '\n' | '\r\n' {
  const next = content.indexOf('\n', at);
  const end = next === -1 ? content.lastIndexOf('\n') : next;
  return content[end - 1] === '\r' ? '\r\n' : '\n';
}

/** Behind the comments that follow on the same line. */
export function afterComments(content: string, at: number): number {
  return ts.getTrailingCommentRanges(content, at)?.at(-1)?.end ?? at;
}
