// Links between the Markdown files, their anchors, and whether a reader finds every page.
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { anchorsOf, linksOf } from './markdown.mjs';

/** Where readers start. */
const entries = ['README.md', 'docs/README.md'];

/** @param pages the read Markdown, by path. @returns faults as `{ page, line, text }`. */
export function checkLinks(root, pages) {
  const anchors = new Map([...pages].map(([path, page]) => [path, anchorsOf(page)]));
  const faults = [];
  for (const [path, page] of pages)
    for (const { line, target } of linksOf(page).filter(isOurs)) {
      const { file, anchor } = resolve(path, target);
      if (!existsSync(join(root, file)))
        faults.push({ page: path, line, text: `${target}: there is no ${file}` });
      else if (anchor && anchors.has(file) && !anchors.get(file).has(anchor))
        faults.push({ page: path, line, text: `${target}: ${file} has no heading #${anchor}` });
    }
  return faults;
}

/** @param files everything in docs/. */
export function unreachable(pages, files) {
  const found = new Set(entries.filter((path) => pages.has(path)));
  // A set goes on to what is added while it is walked.
  for (const path of found)
    if (pages.has(path))
      for (const { target } of linksOf(pages.get(path)).filter(isOurs))
        found.add(resolve(path, target).file);
  return files
    .filter((file) => !found.has(file))
    .map((page) => ({ page, line: 1, text: `no link leads here from ${entries.join(' or ')}` }));
}

const isOurs = ({ target }) => !/^[a-z][a-z+.-]*:/i.test(target);

function resolve(path, target) {
  const [file, anchor] = target.split('#');
  return { file: file === '' ? path : normalize(join(dirname(path), decodeURI(file))), anchor };
}
