// A connection to a database of a test, outside of the program.

import { type Database, openDatabase } from '../../src/postgres/database.ts';

export function openTestDatabase(url: string, poolMax = 2): Database {
  return openDatabase({
    url,
    role: { label: 'the test', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
    poolMax,
    connectTimeoutMs: 30_000,
    idleInTransactionMs: 60_000,
    applicationName: 'test',
  });
}
