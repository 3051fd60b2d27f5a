// Who asks: what is recorded of a pause or a backfill, for those who find it later.

import { hostname } from 'node:os';
import type { Environment } from '../definition/connections/environment.ts';

/** `ada@laptop`; the user is unknown in most containers. */
export function askerOf(env: Environment): string {
  return `${env['USER'] ?? env['USERNAME'] ?? 'unknown'}@${hostname()}`;
}
