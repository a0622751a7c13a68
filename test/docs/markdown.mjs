// What the checks of the documentation need to know of a Markdown file: its fences with the hidden
// comments before them, its headings, its links. Line numbers count from 1.
const FENCE = /^\s*(`{3,}|~{3,})\s*(\S*)/;

/** @returns fences, prose (the lines outside fences and comments, the others empty), faults. */
export function readMarkdown(text) {
  const lines = text.split('\n');
  const page = { lineCount: lines.length, fences: [], prose: lines.map(() => ''), faults: [] };
  let comments = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    const fence = FENCE.exec(line);
    if (fence) {
      const end = endOf(lines, at + 1, (other) => isClosing(other, fence[1]));
      page.fences.push({
        language: fence[2],
        line: at + 1,
        code: part(lines, at + 1, end),
        comments,
      });
      comments = [];
      at = end;
    } else if (line.startsWith('<!--')) {
      const end = endOf(lines, at, (other) => other.includes('-->'));
      comments.push(commentOf(part(lines, at, end + 1)));
      at = end;
    } else {
      page.prose[at] = line;
      if (line.trim() !== '') comments = dropComments(page, comments);
    }
  }
  dropComments(page, comments);
  return page;
}

/** A hidden word that no block hears is a mistake; any other comment is not ours. */
function dropComments(page, comments) {
  for (const { word, code } of comments)
    if (word) page.faults.push({ line: code.from, text: `“${word}:” stands before no block` });
  return [];
}

const part = (lines, from, to) => ({ from: from + 1, lines: lines.slice(from, to) });

function endOf(lines, from, isEnd) {
  const end = lines.findIndex((line, at) => at >= from && isEnd(line));
  return end === -1 ? lines.length : end;
}

const isClosing = (line, opening) =>
  new RegExp(`^\\s*${opening[0]}{${opening.length},}\\s*$`).test(line);

/** `<!-- word: code -->`, where the code may span lines. */
function commentOf({ from, lines }) {
  const word = /^<!--\s*(given|run|file|apart):/.exec(lines[0]);
  if (!word) return { code: { from, lines } };
  const code = lines.map((line, at) => {
    const started = at === 0 ? line.slice(word[0].length) : line;
    return at === lines.length - 1 ? started.replace(/-->.*$/, '') : started;
  });
  return { word: word[1], code: { from, lines: code } };
}

/** The anchors that GitHub gives to the headings, and those that the page sets itself. */
export function anchorsOf({ prose }) {
  const taken = new Map();
  const anchors = new Set();
  for (const line of prose) {
    for (const [, id] of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
    const [, heading] = /^#{1,6}\s+(.*?)\s*#*$/.exec(line) ?? [];
    if (heading === undefined) continue;
    const slug = slugOf(heading);
    const times = taken.get(slug) ?? 0;
    taken.set(slug, times + 1);
    anchors.add(times === 0 ? slug : `${slug}-${times}`);
  }
  return anchors;
}

export const slugOf = (heading) =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');

const LINKS = [
  /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g, // [text](target), ![alt](target)
  /\b(?:href|src|srcset)="([^"\s]+)/g,
  /^\s*\[[^\]]+\]:\s+(\S+)/g, // [name]: target
];

/** @returns `{ line, target }` of every link and image. */
export function linksOf({ prose }) {
  return prose.flatMap((line, at) => {
    const text = line.replaceAll(/(`+)(?!`).*?\1/g, (code) => ' '.repeat(code.length));
    return LINKS.flatMap((form) =>
      [...text.matchAll(form)].map(([, target]) => ({ line: at + 1, target })),
    );
  });
}
