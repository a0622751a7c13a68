import { resolve } from 'node:path';
import { parseDocument, readDocument } from '../comparison/document.file.js';
import type { AsyncApiDocument } from '../document/document.types.js';
import { CommandFault, reasonOf } from './exit.code.js';

/** How long to wait, in ms. */
const PATIENCE = 30_000;
const MAX_REDIRECTS = 5;

/** Reads the document from a file or a URL. @throws CommandFault */
export async function documentFrom(
  source: string,
  folder: string,
  headers: readonly string[] = [],
): Promise<AsyncApiDocument> {
  try {
    if (/^(?!https?:)[a-z][a-z\d+.-]+:\/\//i.test(source))
      throw new CommandFault(`${source} is neither a file nor a URL of http or https.`);
    if (!/^https?:\/\//i.test(source)) return await readDocument(resolve(folder, source));
    return parseDocument(await textOf(source, headers), source);
  } catch (error) {
    if (error instanceof CommandFault) throw error;
    throw new CommandFault(reasonOf(error), { cause: error });
  }
}

async function textOf(url: string, headers: readonly string[]): Promise<string> {
  let response: Response;
  try {
    response = await answerOf(url, headers.map(headerOf));
  } catch (error) {
    if (error instanceof CommandFault) throw error;
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new CommandFault(`${url} cannot be read: ${reasonOf(cause)}.`, { cause: error });
  }
  const { status, ok } = response;
  if (status === 401 || status === 403)
    throw new CommandFault(
      `${url} answers ${status}. Give credentials: --header 'Authorization: Bearer …'.`,
    );
  if (!ok)
    throw new CommandFault(
      `${url} answers ${status}. Documents are at /async-api-json, below the global prefix, and off in production unless "enabled" is true.`,
    );
  if (response.headers.get('content-type')?.includes('html') === true)
    throw new CommandFault(
      `${url} answers with a page, not with a document. Give the URL of the JSON: …/async-api-json.`,
    );
  return response.text();
}

/** Sends credentials only to the server that they are for, never to one that it redirects to. @throws CommandFault */
async function answerOf(url: string, headers: readonly [string, string][]): Promise<Response> {
  const signal = AbortSignal.timeout(PATIENCE);
  const { origin } = new URL(url);
  let target = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    // oxlint-disable-next-line no-await-in-loop -- each answer names the next
    const response = await fetch(target, {
      headers: [['accept', 'application/json'], ...headers],
      redirect: 'manual',
      signal,
    });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) return response;
    const next = new URL(location, target);
    if (headers.length > 0 && next.origin !== origin)
      throw new CommandFault(
        `${url} redirects to ${next.origin}, which must not see what --header gives. Name the URL there.`,
      );
    target = next.href;
  }
  throw new CommandFault(`${url} redirects more than ${MAX_REDIRECTS} times.`);
}

function headerOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 1)
    throw new CommandFault(`--header takes 'Name: value', and this has no colon: ${line}`);
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}
