// The transaction that a view's query is read in: it sets what the reading needs, and leaves nothing behind.
//
// PgBouncer lends a connection of the server for one transaction only, and refuses startup parameters. So all settings are
// local to the transaction. Its end is always a rollback, since that undoes what the query has set for the session, too
// (`set_config(…, false)`); locks of the session outlive it and are released inside of it, on the same connection.

import type { ReservedSession } from '../../postgres/reserve.ts';
import type { SourceOptions } from '../source.ts';

/** Between two statements of ours, not between rows: a server that waits this long waits for a process that is gone. */
const IDLE_IN_TRANSACTION_MS = 60_000;
/** Without it a server that computes notices only at its next row that we have gone; not every server has it. */
const CONNECTION_CHECK = "perform set_config('client_connection_check_interval', '1s', true);";

/** Begins a read-only transaction whose settings are ours, whatever the server, the role or an earlier view have set. */
export async function beginReading({ session }: ReservedSession, options: SourceOptions): Promise<void> {
  await session.run(
    `begin isolation level repeatable read read only;
     set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local extra_float_digits = 1;
     set local statement_timeout = ${Math.ceil(options.statementTimeoutMs)};
     set local idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS};
     do $$ begin ${CONNECTION_CHECK} exception when others then null; end $$`,
  );
}

/**
 * Ends the transaction and resets the session, so that the next view finds a connection as it was opened: its settings,
 * locks, temporary tables, prepared statements and channels. A connection that cannot be reset is closed.
 */
export async function endReading(reserved: ReservedSession): Promise<void> {
  try {
    await reserved.session.run('select pg_advisory_unlock_all(); rollback');
    // What a rollback does not undo. Of PgBouncer this may be another connection of the server, which does no harm.
    await reserved.session.run('discard all');
  } catch {
    // The rows are read; only the connection is in doubt.
    reserved.drop();
  }
}
