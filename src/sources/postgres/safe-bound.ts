// Whether a Postgres server may still commit rows of a past span, because a transaction that started before the end of the span
// is open.
//
// If the event time of a row is never before the start of its transaction, rows committed after this check belong to later
// spans. pg_stat_activity is read before pg_prepared_xacts, because a transaction can only move from the first to the second.

import { Failure } from '../../core/failure.ts';
import type { EpochMs } from '../../core/instant.ts';
import { safe, text } from '../../core/message.ts';
import type { Session } from '../../postgres/session.ts';
import type { Uncommitted } from '../source.ts';

/** A transaction becomes visible within this time after its start. */
const SEEN_WITHIN_MS = 1_000;
/** The application name of Millrace's own sessions, which only read. */
const OWN_SESSIONS = 'millrace source %';

type Activity = {
  readonly isStandby: boolean;
  readonly maySee: boolean;
  readonly clockMs: number;
  readonly sinceMs: number | null;
  readonly since: string | null;
};

/**
 * Why rows before `end` may still be committed; null if none can be.
 *
 * @throws Failure SOURCE_DENIED if the server does not show the open transactions.
 */
export async function openBefore(session: Session, end: EpochMs, place: string): Promise<Uncommitted | null> {
  const [activity] = await session.query<Activity>(
    `select pg_is_in_recovery() as "isStandby", pg_has_role('pg_read_all_stats', 'usage') as "maySee",
            (extract(epoch from clock_timestamp()) * 1000)::bigint as "clockMs",
            (extract(epoch from min(xact_start)) * 1000)::bigint as "sinceMs", (min(xact_start) at time zone 'UTC')::text || '+00' as since
       from pg_stat_activity
      where datname = current_database() and xact_start is not null
        and pid <> pg_backend_pid() and backend_type <> 'autovacuum worker' and application_name not like $1`,
    [OWN_SESSIONS],
  );
  if (activity === undefined) throw new RangeError('an aggregate without a group has one row');
  requireKnowledge(activity, place);
  if (activity.clockMs < end + SEEN_WITHIN_MS) return { place, blocker: 'clock', since: null };
  if (activity.sinceMs !== null && activity.sinceMs < end) {
    return { place, blocker: 'open', since: activity.since };
  }
  const [prepared] = await session.query<{ since: string | null }>(
    `select (min(prepared) at time zone 'UTC')::text || '+00' as since from pg_prepared_xacts
      where database = current_database()`,
  );
  // The start of a prepared transaction is not recorded.
  return prepared?.since ? { place, blocker: 'prepared', since: prepared.since } : null;
}

function requireKnowledge({ isStandby, maySee }: Activity, label: string): void {
  const knows = 'safe_bound needs to see all open transactions';
  if (isStandby) {
    const what = text`${safe(label)} is a standby, which cannot see the open transactions of its primary, and ${safe(knows)}. Read from the primary, or use settle and lookback instead.`;
    throw new Failure('SOURCE_DENIED', what);
  }
  if (maySee) return;
  const what = text`${safe(label)} hides the transactions of other roles, and ${safe(knows)}. Grant pg_read_all_stats to the role of the source.`;
  throw new Failure('SOURCE_DENIED', what);
}
