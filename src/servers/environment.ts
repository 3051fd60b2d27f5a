// The environment of private servers: the only file of this folder that reads the environment.

import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

// Common folders for servers that are often not on the PATH.
const ALSO = ['/usr/local/bin', '/usr/bin', '/usr/local/sbin', '/usr/sbin', '/opt/homebrew/bin'];

/** The first of these programs on the PATH or where package managers install servers; null if there is none. */
export function findProgram(names: readonly string[]): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...ALSO].filter((folder) => folder !== '');
  for (const name of names) {
    const found = folders.map((folder) => join(folder, name)).find(isProgram);
    if (found !== undefined) return found;
  }
  return null;
}

/** The environment of a server: not ours, so that a PGPORT, locale or proxy of this shell cannot affect it. */
export function serverEnvironment(folder: string): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: folder, LC_ALL: 'C', TZ: 'UTC' };
}

function isProgram(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
