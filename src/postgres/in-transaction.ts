// Runs work in a new transaction, or as a part of the caller's.

import type { Database } from './database.ts';
import type { Session } from './session.ts';

/** `work` in one transaction: over a database in a new one, over a session in the caller's. */
export async function inTransaction<T>(where: Database | Session, work: (session: Session) => Promise<T>): Promise<T> {
  return 'transaction' in where ? where.transaction(work) : work(where);
}
