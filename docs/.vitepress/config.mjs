// The site of the documentation: `npm run docs:site` builds it, `npm run docs:serve` shows it.
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { slugOf } from '../../test/docs/markdown.mjs';
import { brokenLinks, siteLinks } from './links.mjs';
import { linkTo, PAGES, SECTIONS } from './pages.mjs';

const root = resolve(fileURLToPath(import.meta.url), '../../..');
const api = join(root, 'docs/api');

const listed = new Set(PAGES.map(({ file }) => file));
const unlisted = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .map((name) => `docs/${name}`)
  .filter((file) => /^docs\/(?!api\/|\.).*\.md$/.test(file) && !listed.has(file));
if (unlisted.length > 0)
  throw new Error(
    `${unlisted.join(', ')}: list it in docs/.vitepress/pages.mjs, or no reader finds it.`,
  );

const sidebar = SECTIONS.map(([text, ...pages]) => ({
  text,
  collapsed: false,
  items: pages.map((page) => ({ text: page.text, link: linkTo(page) })),
}));

export default defineConfig({
  title: 'nestjs-revali-ws',
  description: '@WebSocket() routes on ordinary NestJS controllers',
  lang: 'en-US',
  cleanUrls: true,
  // Pages say where an application listens.
  ignoreDeadLinks: 'localhostLinks',
  // The README is a page, too.
  srcDir: '..',
  srcExclude: [
    '{test,lib,scripts,coverage}/**',
    'sample/*/**',
    'packages/*/*/**',
    '.*/**',
    'packages/*/THIRD-PARTY.md',
  ],
  rewrites: Object.fromEntries(PAGES.map(({ file, route }) => [file, route])),
  // A path from the root of a server; a project page of a host may have another.
  base: process.env.DOCS_BASE ?? '/',
  markdown: {
    theme: { light: 'github-light', dark: 'github-dark' },
    // The anchors that the Markdown has elsewhere, which test/docs/check.mjs looks for.
    anchor: { slugify: slugOf },
    config: (md) => siteLinks(md, root),
  },
  themeConfig: {
    nav: [
      { text: 'Guide', link: '/' },
      { text: 'API reference', link: '/api/index.html', target: '_self' },
    ],
    sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
  },
  buildEnd({ outDir, site, logger }) {
    if (existsSync(api)) cpSync(api, join(outDir, 'api'), { recursive: true });
    else logger.warn('The API reference is left out: `npm run docs:api` makes it.');
    const broken = brokenLinks(outDir, site.base).filter(
      (link) => existsSync(api) || !link.endsWith(': /api/index.html'),
    );
    if (broken.length > 0) throw new Error(`Links that lead nowhere:\n${broken.join('\n')}`);
  },
});
