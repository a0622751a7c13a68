import { readFileSync } from 'node:fs';

/** Major version of the installed Nest. */
export const NEST_MAJOR = readMajor();

function readMajor(): number {
  const text = readFileSync('node_modules/@nestjs/core/package.json', 'utf8');
  const major = /"version":\s*"(\d+)\./.exec(text)?.[1];
  if (major === undefined) throw new Error('@nestjs/core has no version');
  return Number(major);
}
