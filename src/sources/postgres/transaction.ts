// The transaction of a view's query. It sets what the reading needs and leaves nothing behind.
//
// PgBouncer assigns a server connection for one transaction only, and rejects startup parameters. So all settings are local to
// the transaction. It always ends with a rollback, which also undoes session settings of the query (`set_config(…, false)`).
// Session locks survive a rollback, so they are released before it, on the same connection.

import type { ReservedSession } from '../../postgres/reserve.ts';
import type { SourceOptions } from '../source.ts';

/**
 * The longest time between two statements, not between rows. If the server waits longer, this process is gone; with a cursor, it may
 * wait until rows are stored.
 */
const IDLE_IN_TRANSACTION_MS = 60_000;
/** Without it, a busy server notices a closed connection only at the next row. Not every server supports it. */
const CONNECTION_CHECK = "perform set_config('client_connection_check_interval', '1s', true);";

/** The same for servers without DO, and a plan for reading all rows of a cursor. */
const CURSOR_SETTINGS = `select set_config(name, case name when 'cursor_tuple_fraction' then '1' else '1s' end, true)
       from pg_catalog.pg_settings where name in ('cursor_tuple_fraction', 'client_connection_check_interval')`;

/** Starts a read-only transaction with fixed settings, independent of the server, the role and earlier views. */
export async function beginReading({ session }: ReservedSession, options: SourceOptions): Promise<void> {
  const optional =
    options.readWith === 'cursor'
      ? CURSOR_SETTINGS
      : `do $$ begin ${CONNECTION_CHECK} exception when others then null; end $$`;
  const idleMs = options.readWith === 'cursor' ? Math.ceil(options.statementTimeoutMs) : IDLE_IN_TRANSACTION_MS;
  await session.run(
    `begin isolation level repeatable read read only;
     set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local extra_float_digits = 1;
     set local statement_timeout = ${Math.ceil(options.statementTimeoutMs)};
     set local idle_in_transaction_session_timeout = ${idleMs};
     ${optional}`,
  );
}

/**
 * Ends the transaction and resets the session for the next view: settings, locks, temporary tables, prepared statements and
 * channels. A connection that cannot be reset is closed.
 */
export async function endReading(reserved: ReservedSession): Promise<void> {
  try {
    await reserved.session.run('select pg_advisory_unlock_all(); rollback');
    // Resets what a rollback does not undo. With PgBouncer this may run on another server connection, which is harmless.
    await reserved.session.run('discard all');
  } catch {
    // All rows are read; only the connection is in an unknown state.
    reserved.drop();
  }
}
