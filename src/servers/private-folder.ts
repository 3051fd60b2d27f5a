// Folders for the data of private servers: reachable by the account that a server runs as, and by nobody else.

import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { isOpenTo, type SystemUser } from './unprivileged-user.ts';

/** A new folder below the temporary one, for one server; mode 700, owned by `owner` (null: by us). */
export function makePrivateFolder(name: string, owner: SystemUser | null): string {
  const folder = join(temporaryFolder(owner), `millrace-${name}-${randomBytes(6).toString('hex')}`);
  mkdirSync(folder, { mode: 0o700 });
  restrictTo(folder, owner);
  return folder;
}

/** Makes `owner` (null: us) the only one who can enter `folder`. */
export function restrictTo(folder: string, owner: SystemUser | null): void {
  if (owner !== null) chownSync(folder, owner.uid, owner.gid);
  chmodSync(folder, 0o700);
}

/** The temporary folder, or the machine's own one where ours is closed to the account that a server runs as. */
export function temporaryFolder(user: SystemUser | null): string {
  for (const folder of [tmpdir(), '/tmp', '/var/tmp']) {
    const real = realpathSync(folder);
    if (isOpenTo(user, real)) return real;
  }
  throw new Failure(
    'SERVER_MISSING',
    `No temporary folder is open to the account "${user?.name}" that servers run as.`,
  );
}
