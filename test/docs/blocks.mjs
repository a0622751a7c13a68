// Each `ts` or `js` fence becomes a module of its own, on the lines that it has in the Markdown, so that
// the compiler's and jest's line numbers are those of the page.
import { join, relative, dirname } from 'node:path';
import { root } from '../harness.mjs';

const LANGUAGES = 'ts, js, sh, json, yaml, nginx, html, css, diff, dockerfile, md, text';
const known = new Set(LANGUAGES.split(', '));

/** @returns the modules of a page as `{ page, line, file, code }`, and its faults. */
export function blocksOf(path, page, folder) {
  const faults = page.faults.map(({ line, text }) => ({ page: path, line, text }));
  const blocks = [];
  for (const fence of page.fences) {
    const fault = faultOf(fence);
    if (fault) faults.push({ page: path, line: fence.line, text: fault });
    else if (isCode(fence) && !isApart(fence)) blocks.push(blockOf(path, page, fence, folder));
  }
  return { blocks, faults };
}

/** @returns `{ name, code }` of the blocks that use packages which are not installed here. */
export function apartBlocks({ fences }) {
  return fences.filter(isApart).map(({ code, comments }) => ({
    name: textOf(comments.find(({ word }) => word === 'apart')),
    code: `${code.lines.join('\n')}\n`,
  }));
}

const isApart = ({ comments }) => comments.some(({ word }) => word === 'apart');
const textOf = ({ code }) => code.lines.join('\n').trim();

function faultOf({ language, code, comments }) {
  if (!known.has(language)) return `the block says “${language}”; it may be ${LANGUAGES}`;
  if (isCode({ language }) && code.lines.some((line) => line.includes('…')))
    return 'a block of code says all that it means: there is a “…” in it';
  const words = comments.flatMap(({ word }) => word ?? []);
  if (language !== 'ts' && words.length > 0) return `“${words[0]}:” is for blocks of TypeScript`;
  if (words.includes('run') && words.includes('file')) return 'a block that runs has no file name';
  if (words.includes('apart') && words.length > 1) return 'a block apart is all that it says';
  return undefined;
}

const isCode = ({ language }) => language === 'ts' || language === 'js';

function blockOf(path, page, fence, folder) {
  const lines = Array.from({ length: page.lineCount }, () => '');
  const put = ({ from, lines: code }) => code.forEach((line, at) => (lines[from - 1 + at] += line));
  const said = (word) => fence.comments.filter((comment) => comment.word === word);
  for (const { code } of said('given')) put(code);
  put(fence.code);
  const [run] = said('run');
  const [name] = said('file');
  const asTest = run !== undefined && textOf(run) !== 'jest';
  const fileName = name ? textOf(name) : `L${fence.line}${run ? '.spec' : ''}.${fence.language}`;
  const file = join(folder, path, fileName);
  if (asTest) {
    put(runOf(`${path}:${fence.line}`, run.code));
    lines[0] = `import { runBlock } from '${runner(file)}'; ${lines[0]}`;
  }
  return { page: path, line: fence.line, file, runs: run !== undefined, code: lines.join('\n') };
}

/** The hidden code as the body of a test, which finds the block's declarations in its module. */
function runOf(name, { from, lines }) {
  const body = [...lines];
  body[0] = `runBlock(${JSON.stringify(name)}, async (serve) => {${body[0]}`;
  body[body.length - 1] += '});';
  return { from, lines: body };
}

const runner = (file) => relative(dirname(file), join(root, 'test/docs/run-block.js'));
