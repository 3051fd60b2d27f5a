// Sets up a new connection to MySQL or MariaDB, so that results do not depend on the settings of the server.

import { isServerError } from './failure.ts';

/** The longest time between two statements. If the server waits longer, this process is gone. */
const IDLE_MS = 60_000;
/** group_concat silently truncates its text at this limit. */
const GROUP_CONCAT_BYTES = 16_777_216;
/** No limit. A server can be set to silently end every result after some rows. */
const ROWS_MAX = '18446744073709551615';
// The documented defaults, regardless of the server's settings. Quotes and backslashes are parsed as in
// src/definition/query/sql-text.ts, and a query gives the same rows on every server.
const MODES = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';
const DEFAULTS =
  "div_precision_increment = 4, lc_time_names = 'en_US', default_week_format = 0, sql_auto_is_null = 0, max_sort_length = 1024, autocommit = 1, completion_type = 0";
const MYSQL_MODES = `ONLY_FULL_GROUP_BY,${MODES},NO_ZERO_IN_DATE,NO_ZERO_DATE`;

/** What the setup needs from a connection. */
type NewSession = {
  readonly lockName: string;
  query(text: string): Promise<readonly (readonly unknown[])[]>;
};

/**
 * Sets up a new connection: UTC, UTF-8, limits, and the lock by which it is found. This overrides the server's `init_connect`.
 * Rejects with the driver's error. MySQL and MariaDB have different settings for the statement timeout.
 */
export async function setUpMysql(session: NewSession, statementTimeoutMs: number): Promise<void> {
  await session.query(`set session sql_select_limit = ${ROWS_MAX}`); // first, because it also applies to the queries below
  // As in the handshake. Another character set would replace letters with question marks.
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
    // Some clusters have no such locks. Then an abandoned statement runs until its own timeout.
    if (!isServerError(error)) throw error;
  }
}
