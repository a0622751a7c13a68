import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const PROGRAMS = ['haproxy', 'redis-server'];
/** Where Debian keeps daemons; these folders are often missing from a user's PATH. */
const FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/**
 * @param path The PATH of the environment.
 * @returns The programs that the sample needs, by name.
 * @throws Error that says what to install, if a program is missing.
 */
export function findPrograms(path = process.env.PATH ?? ''): ReadonlyMap<string, string> {
  const folders = [...path.split(delimiter).filter(Boolean), ...(path ? FOLDERS : [])];
  const found = new Map<string, string>();
  for (const name of PROGRAMS) {
    const file = folders.map((folder) => join(folder, name)).find(isExecutable);
    if (file) found.set(name, file);
  }
  const missing = PROGRAMS.filter((name) => !found.has(name));
  if (missing.length > 0)
    throw new Error(
      `This sample needs ${missing.join(' and ')}, which the PATH does not have. Install ${missing.length > 1 ? 'them' : 'it'}:\n` +
        `  Debian, Ubuntu: apt-get install ${missing.join(' ')}\n` +
        `  macOS: brew install ${missing.join(' ').replace('redis-server', 'redis')}`,
    );
  return found;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
