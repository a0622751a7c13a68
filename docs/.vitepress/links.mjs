// Links of the Markdown lead to files of the repository; those of the site lead to its own addresses.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { linkTo, PAGES } from './pages.mjs';

const byFile = new Map(PAGES.map((page) => [page.file, page]));
const isElsewhere = (href) => /^([a-z][a-z+.-]*:|#|\/)/i.test(href);

/** A plugin of markdown-it. */
export function siteLinks(md, root) {
  md.core.ruler.push('site_links', ({ tokens, env }) => {
    // The index for the search names the file itself.
    const from = dirname(relative(root, env.realPath ?? env.path));
    rewrite(
      tokens.flatMap((token) => [token, ...(token.children ?? [])]),
      root,
      from,
    );
  });
}

function rewrite(tokens, root, from) {
  // Links do not stand in each other: the next close belongs to the last open.
  let isDropped = false;
  for (const token of tokens) {
    if (token.type === 'link_open') {
      const target = targetOf(token.attrGet('href'), root, from);
      isDropped = target === undefined;
      if (!isDropped) token.attrSet('href', target);
    }
    if (isDropped && /^link_(open|close)$/.test(token.type)) hide(token);
    if (/^html_(block|inline)$/.test(token.type)) token.content = withDots(token.content);
  }
}

/** @returns `undefined` for what has no page, such as a sample's folder: its name stays as text. */
function targetOf(href, root, from) {
  if (isElsewhere(href)) return href;
  const [path, hash] = href.split('#');
  const file = normalize(join(from, decodeURI(path))).replace(/\/$/, '');
  const page = byFile.get(file) ?? byFile.get(join(file, 'README.md'));
  if (page) return linkTo(page) + (hash === undefined ? '' : `#${hash}`);
  // VitePress fails on a page that is not in the list, as on one that does not exist.
  return !file.endsWith('.md') && existsSync(join(root, file)) ? undefined : href;
}

const hide = (token) => Object.assign(token, { type: 'text', tag: '', content: '', nesting: 0 });

/** Vite takes in pictures whose path begins with a dot. */
const withDots = (html) => html.replaceAll(/\b(src|srcset)="(?![a-z]+:|[./])/g, '$1="./');

/** @returns what leads nowhere in the built site: VitePress looks at pages, and not at headings and pictures. */
export function brokenLinks(outDir, base) {
  const files = new Set(readdirSync(outDir, { recursive: true }));
  const pages = [...files].filter((file) => file.endsWith('.html') && !file.startsWith('api/'));
  const html = new Map(pages.map((file) => [file, readFileSync(join(outDir, file), 'utf8')]));
  const isThere = (target, from) => {
    const { pathname, hash } = new URL(
      target.replaceAll('&amp;', '&'),
      `http://site${base}${from}`,
    );
    const path = decodeURI(pathname).slice(base.length);
    const file = [path, `${path}.html`, `${path}index.html`].find((name) => files.has(name));
    const id = decodeURIComponent(hash.slice(1));
    return (
      file !== undefined && (id === '' || !html.has(file) || html.get(file).includes(` id="${id}"`))
    );
  };
  return pages.flatMap((page) =>
    [...html.get(page).matchAll(/\b(?:href|src|srcset)="([^"]+)"/g)]
      .map(([, target]) => target)
      .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target) && !isThere(target, page))
      .map((target) => `${page}: ${target}`),
  );
}
