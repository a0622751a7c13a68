import { files, type ExplorerFile } from './explorer.files.js';

/** For proxies that serve the page under another name than the application. */
export const INDEX = 'index.html';

/** The page's facts about its own place. */
export interface ExplorerPlace {
  /** The path of the request, as the application sees it. A proxy may have removed its beginning. */
  readonly path: string;
  /** Whether connections can go through the server. */
  readonly hasRelay: boolean;
}

/**
 * Replaces helmet's policy, whose `upgrade-insecure-requests` breaks a page on `http://` hosts other than localhost. The
 * page may connect to another server of the document.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Writes the page. Its links are relative, so a proxy can serve it elsewhere. */
export function pageOf({ path, hasRelay }: ExplorerPlace): string {
  const below = belowOf(path);
  const link = (role: ExplorerFile['role']): string => escaped(`${below}${fileOf(role).name}`);
  return `<!doctype html>
<html lang="en" data-path="${escaped(path)}" data-below="${escaped(below)}"${hasRelay ? ' data-relay' : ''}>
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>WebSocket routes</title>
    <link rel="icon" href="${link('icon')}" type="image/svg+xml" />
    <link rel="stylesheet" href="${link('style')}" />
    <script type="module" src="${link('script')}"></script>
  </head>
  <body>
    <noscript>This page needs JavaScript.</noscript>
  </body>
</html>
`;
}

/** The folder below the page, relative to the address where it is served. */
function belowOf(path: string): string {
  const [last = ''] = /[^/]*$/.exec(path) ?? [];
  return last === '' || last === INDEX ? './' : `./${last}/`;
}

/** The path that contains everything else. */
export function folderOf(path: string): string {
  return path.replace(/\/(?:index\.html)?$/, '');
}

function fileOf(role: ExplorerFile['role']): ExplorerFile {
  const found = files.find((file) => file.role === role);
  if (!found)
    throw new Error(
      `The page of nestjs-revali-ws-asyncapi lacks its ${role}: build the package again.`,
    );
  return found;
}

const CHARACTERS: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '"': '&quot;',
  '<': '&lt;',
  '>': '&gt;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&"<>]/g, (character) => CHARACTERS[character] ?? character);
}
