// The databases of benchmarks.

import { type Database, type DatabaseOptions, openDatabase } from '../src/postgres/database.ts';

/** A pool on a database of a benchmark. */
export function openBenchDatabase(url: string, changes: Partial<DatabaseOptions> = {}): Database {
  return openDatabase({
    url,
    role: { label: 'The bench', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
    poolMax: 2,
    connectTimeoutMs: 30_000,
    idleInTransactionMs: 60_000,
    applicationName: 'millrace-bench',
    ...changes,
  });
}
