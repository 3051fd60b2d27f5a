// The account that private servers run as. Postgres refuses to run as root, and Redis need not; other users run the servers
// as themselves.

import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../core/failure.ts';

/** An account on this machine. */
export type SystemUser = { readonly name: string; readonly uid: number; readonly gid: number };

// Both exist on Debian; `postgres` first, because it is not shared with other services.
const CANDIDATES = ['postgres', 'nobody'];

/** The account that servers run as if this process is root; null if it is not, as servers then run as this user. */
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
      'run this as another user, or add an account with "useradd --system postgres".',
  );
}

/** Whether `user` (null: this user) can access `path`, including every folder above it. */
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
