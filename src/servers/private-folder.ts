// Folders for the data of private servers, accessible only to the account that a server runs as.

import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { isOpenTo, type SystemUser } from './unprivileged-user.ts';

/** A new folder in the temporary folder, for one server; mode 700, owned by `owner` (null: this user). */
export function makePrivateFolder(name: string, owner: SystemUser | null): string {
  const folder = join(temporaryFolder(owner), `millrace-${name}-${randomBytes(6).toString('hex')}`);
  mkdirSync(folder, { mode: 0o700 });
  restrictTo(folder, owner);
  return folder;
}

/** Restricts `folder` to `owner` (null: this user). */
export function restrictTo(folder: string, owner: SystemUser | null): void {
  if (owner !== null) chownSync(folder, owner.uid, owner.gid);
  chmodSync(folder, 0o700);
}

/** The temporary folder, or the machine's if the account that a server runs as cannot access ours. */
export function temporaryFolder(user: SystemUser | null): string {
  for (const folder of [tmpdir(), '/tmp', '/var/tmp']) {
    const real = realpathSync(folder);
    if (isOpenTo(user, real)) return real;
  }
  throw new Failure(
    'SERVER_MISSING',
    `The account "${user?.name}", which runs the private servers, cannot access any of the temporary folders: give it access to /tmp.`,
  );
}
