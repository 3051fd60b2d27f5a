// What the private servers need to know of the environment: the only file of this folder that reads it.

import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

// Where servers are installed although it is often not on the PATH.
const ALSO = ['/usr/local/bin', '/usr/bin', '/usr/local/sbin', '/usr/sbin', '/opt/homebrew/bin'];

/** The first program of these names on the PATH or where package managers put servers; null where there is none. */
export function findProgram(names: readonly string[]): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...ALSO].filter((folder) => folder !== '');
  for (const name of names) {
    const found = folders.map((folder) => join(folder, name)).find(isProgram);
    if (found !== undefined) return found;
  }
  return null;
}

/** What a server sees: nothing of ours, so that a PGPORT, a locale or a proxy of this shell cannot change what it does. */
export function serverEnvironment(folder: string): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: folder, LC_ALL: 'C', TZ: 'UTC' };
}

function isProgram(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
