import { documentOfApplication, type AsyncApiApplication } from './async-api.document.js';
import type { AsyncApiDocument } from './document/document.types.js';
import { contractOf } from './comparison/compared.routes.js';
import type { RouteChange } from './comparison/route.change.js';
import { readDocument } from './comparison/document.file.js';
import { comparedContracts } from './comparison/route.diff.js';

/**
 * Lists the changes for clients between a document and an application, or another document. Descriptions, examples,
 * titles and order do not count.
 *
 * @param now The current application, or its document.
 * @param before The document that clients know, or the path of its JSON file.
 * @returns Breaking changes first, then risky ones, then additions. Empty if clients notice nothing.
 * @throws Error if the file cannot be read, or is not an AsyncAPI 3 document.
 *
 * @example
 * ```ts
 * expect(await compareRoutes(app, 'async-api.json')).toEqual([]);
 * ```
 */
export async function compareRoutes(
  now: AsyncApiApplication | AsyncApiDocument,
  before: AsyncApiDocument | string,
): Promise<RouteChange[]> {
  const after = isApplication(now) ? await documentOfApplication(now) : now;
  const old = typeof before === 'string' ? await readDocument(before) : before;
  return inOrderOfLevel(comparedContracts(contractOf(old), contractOf(after)));
}

function isApplication(
  value: AsyncApiApplication | AsyncApiDocument,
): value is AsyncApiApplication {
  return 'get' in value && typeof value.get === 'function';
}

const LEVELS: readonly RouteChange['level'][] = ['breaking', 'risky', 'added'];

function inOrderOfLevel(changes: readonly RouteChange[]): RouteChange[] {
  return LEVELS.flatMap((level) => changes.filter((change) => change.level === level));
}
