// Who the private servers run as. Postgres refuses to run as root, and Redis has no reason to; everybody else runs
// them as themselves.

import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../core/failure.ts';

/** An account of this machine, by the numbers that a child process is given. */
export type SystemUser = { readonly name: string; readonly uid: number; readonly gid: number };

// Both come with Debian's packages or its base; `postgres` first, because its folders are its own.
const CANDIDATES = ['postgres', 'nobody'];

/** The account that servers run as when this process is root; null when it is not: they run as whoever we are. */
export function serverUser(): SystemUser | null {
  if (process.getuid?.() !== 0) return null;
  const accounts = readFileSync('/etc/passwd', 'utf8');
  for (const name of CANDIDATES) {
    const found = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(accounts);
    if (found !== null) return { name, uid: Number(found[1]), gid: Number(found[2]) };
  }
  throw new Failure(
    'SERVER_MISSING',
    'Postgres does not run as root, and this machine has no account "postgres" or "nobody" to run it as: ' +
      'run this as another user, or add one with "useradd --system postgres".',
  );
}

/** Whether `user` (null: we ourselves) may read what lies at `path`: every folder above it lets others pass. */
export function isOpenTo(user: SystemUser | null, path: string): boolean {
  if (user === null) return true;
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !isPassable(user, found)) return false;
  const parent = dirname(path);
  return parent === path || isOpenTo(user, parent);
}

function isPassable(user: SystemUser, found: { uid: number; gid: number; mode: number }): boolean {
  if (found.uid === user.uid) return (found.mode & 0o100) !== 0;
  if (found.gid === user.gid) return (found.mode & 0o010) !== 0;
  return (found.mode & 0o001) !== 0;
}
