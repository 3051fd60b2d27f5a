// What a connection to MySQL or MariaDB is told before anything is asked of it, so that no server's own settings matter.

import { isServerError } from './failure.ts';

/** Between two statements of ours: a server that waits this long waits for a process that is gone. */
const IDLE_MS = 60_000;
/** Beyond its limit group_concat cuts its text off, with a warning that nobody reads. */
const GROUP_CONCAT_BYTES = 16_777_216;
/** Without a limit: a server may end every result after some rows, and nobody is told. */
const ROWS_MAX = '18446744073709551615';
// The defaults of the documentation, whatever a server is set to: quotes and backslashes are read as
// src/definition/query/sql-text.ts reads them, and the same query gives the same rows everywhere.
const MODES = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';
const DEFAULTS =
  "div_precision_increment = 4, lc_time_names = 'en_US', default_week_format = 0, sql_auto_is_null = 0, max_sort_length = 1024, autocommit = 1, completion_type = 0";
const MYSQL_MODES = `ONLY_FULL_GROUP_BY,${MODES},NO_ZERO_IN_DATE,NO_ZERO_DATE`;

/** What setting up asks of a connection. */
type NewSession = {
  readonly lockName: string;
  query(text: string): Promise<readonly (readonly unknown[])[]>;
};

/**
 * Sets a new connection up: UTC, UTF-8, limits, and the lock that it is found by; whatever the server's `init_connect` has
 * said before is undone. Rejects with the driver's error. MySQL and MariaDB have different words for the limit of a statement.
 */
export async function setUpMysql(session: NewSession, statementTimeoutMs: number): Promise<void> {
  await session.query(`set session sql_select_limit = ${ROWS_MAX}`); // first: it holds for our own questions as well
  // As the handshake said; what is sent in anything less comes with question marks for letters.
  await session.query('set names utf8mb4 collate utf8mb4_unicode_ci');
  const [[version] = []] = await session.query('select version()');
  const isMariadb = String(version).includes('MariaDB');
  const seconds = Math.ceil(statementTimeoutMs / 1000);
  const timeout = isMariadb
    ? `max_statement_time = ${statementTimeoutMs / 1000}`
    : `max_execution_time = ${Math.ceil(statementTimeoutMs)}`;
  await session.query(
    `set session time_zone = '+00:00', sql_mode = '${isMariadb ? MODES : MYSQL_MODES}', ${timeout},
       wait_timeout = ${IDLE_MS / 1000}, lock_wait_timeout = ${seconds}, net_write_timeout = ${seconds + IDLE_MS / 1000},
       group_concat_max_len = ${GROUP_CONCAT_BYTES}, ${DEFAULTS}`,
  );
  await session.query('set session transaction isolation level repeatable read');
  try {
    await session.query(`select get_lock('${session.lockName}', 0)`);
  } catch (error) {
    // Clusters may have no such locks: a statement that we leave then goes on until its own timeout.
    if (!isServerError(error)) throw error;
  }
}
