// The prose of a file, on the lines and columns that it has there; the rest is `\0`, which no phrase spans.
import { createRequire } from 'node:module';
import { readMarkdown } from './markdown.mjs';

/** Takes a second to load, so that a page without code does without. */
const typescript = () => createRequire(import.meta.url)('typescript');

const hidden = (text) => text.replaceAll(/[^\n]/g, '\0');
const CODE = /(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g;
/** Of links, the text stays. */
const TARGET = /\]\([^)\s]*\)|https?:\/\/\S+/g;
const withoutCode = (text) => text.replaceAll(CODE, hidden).replaceAll(TARGET, hidden);

/** @returns the text with nothing but its prose left. */
export const proseOf = (path, text) =>
  path.endsWith('.md') ? proseOfPage(text) : proseOfModule(text, partsOf(text));

/** What stands outside fences and hidden comments, and the comments of the code inside. */
function proseOfPage(text) {
  const { prose, fences } = readMarkdown(text);
  const lines = withoutCode(prose.join('\n')).split('\n');
  for (const { language, code } of fences) {
    if (language !== 'ts' && language !== 'js') continue;
    const block = code.lines.join('\n');
    const comments = partsOf(block).filter(({ isComment }) => isComment);
    lines.splice(code.from - 1, code.lines.length, ...proseOfModule(block, comments).split('\n'));
  }
  return lines.join('\n');
}

function proseOfModule(text, parts) {
  const pieces = [];
  let at = 0;
  for (const { pos, end, isComment } of parts) {
    const part = text.slice(pos, end);
    // Between two comments there may be nothing but space: then the sentence goes on.
    const between = text.slice(at, pos);
    pieces.push(between.trim() === '' ? between : hidden(between));
    pieces.push(isComment ? proseOfComment(part) : `\0${withoutCode(part.slice(1, -1))}\0`);
    at = end;
  }
  return [...pieces, hidden(text.slice(at))].join('');
}

/** The marks become space, for the same reason. */
const proseOfComment = (comment) =>
  withoutCode(
    comment
      .replaceAll(/```[\s\S]*?```|\{@\w+ [^}]*\}|@\w+/g, hidden)
      .replaceAll(/^\s*(?:\/\*+|\/\/|\*(?!\/))|\*+\/$/gm, (mark) => mark.replaceAll(/\S/g, ' ')),
  );

/** @returns comments and texts of a module, in their order. */
function partsOf(text) {
  const ts = typescript();
  const texts = new Set([
    ts.SyntaxKind.StringLiteral,
    ts.SyntaxKind.NoSubstitutionTemplateLiteral,
    ts.SyntaxKind.TemplateHead,
    ts.SyntaxKind.TemplateMiddle,
    ts.SyntaxKind.TemplateTail,
  ]);
  const file = ts.createSourceFile('module.ts', text, ts.ScriptTarget.Latest);
  const parts = new Map();
  const visit = (node) => {
    const at = node.getFullStart();
    const comments = [
      ...(ts.getLeadingCommentRanges(text, at) ?? []),
      ...(ts.getTrailingCommentRanges(text, at) ?? []),
    ];
    for (const { pos, end } of comments) parts.set(pos, { pos, end, isComment: true });
    const start = node.getStart(file);
    if (texts.has(node.kind))
      parts.set(start, { pos: start, end: node.getEnd(), isComment: false });
    for (const child of node.getChildren(file)) if (!ts.isJSDoc(child)) visit(child);
  };
  visit(file);
  return [...parts.values()].toSorted((one, other) => one.pos - other.pos);
}
