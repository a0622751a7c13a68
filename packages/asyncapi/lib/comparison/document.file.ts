import { readFile } from 'node:fs/promises';
import type { AsyncApiDocument } from '../document/document.types.js';
import { isRecord } from '../schema/json.schema.js';

/** @throws Error */
export async function readDocument(file: string): Promise<AsyncApiDocument> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The document ${file} cannot be read: ${reason}. Write it with "npx revali-ws routes --write".`,
      { cause: error },
    );
  });
  return parseDocument(text, file);
}

/** @param from Names the source in errors. @throws Error */
export function parseDocument(text: string, from: string): AsyncApiDocument {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${from} is no JSON: ${reason}.`, { cause: error });
  }
  if (isDocument(document)) return document;
  throw new Error(
    `${from} is no AsyncAPI 3 document: it needs "asyncapi": "3.0.0" and "channels".`,
  );
}

function isDocument(value: unknown): value is AsyncApiDocument {
  return (
    isRecord(value) &&
    typeof value['asyncapi'] === 'string' &&
    value['asyncapi'].startsWith('3.') &&
    isRecord(value['channels'])
  );
}
