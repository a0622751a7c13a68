import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../schema/json.schema.js';
import type { AsyncApiInfo } from './document.types.js';

/** Reads the application's `package.json` if it can be read. */
export function packageInfo(folder = process.cwd()): AsyncApiInfo {
  const { name, version, description } = manifestIn(folder);
  return {
    title: textOf(name) ?? 'WebSocket routes',
    version: textOf(version) ?? '0.0.0',
    ...(typeof description === 'string' && description !== '' && { description }),
  };
}

function manifestIn(folder: string): Readonly<Record<string, unknown>> {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return isRecord(manifest) ? manifest : {};
  } catch {
    // The file is optional.
    return {};
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
