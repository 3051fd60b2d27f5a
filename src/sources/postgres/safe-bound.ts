// Whether a Postgres may still commit rows of the past: of a transaction that is open, and began before a span had ended.
//
// Where a row's event time is not before the beginning of its transaction, what is committed after this check lies after
// the span. pg_stat_activity is read before pg_prepared_xacts: a transaction moves from the first to the second, never back.

import { Failure } from '../../core/failure.ts';
import type { EpochMs } from '../../core/instant.ts';
import { safe, text } from '../../core/message.ts';
import type { Session } from '../../postgres/session.ts';
import type { Uncommitted } from '../source.ts';

/** A transaction is seen a moment after its beginning. */
const SEEN_WITHIN_MS = 1_000;
/** What our own sessions are called; they only read. */
const OWN_SESSIONS = 'millrace source %';

type Activity = {
  readonly isStandby: boolean;
  readonly maySee: boolean;
  readonly clockMs: number;
  readonly sinceMs: number | null;
  readonly since: string | null;
};

/**
 * Why rows before `end` may still be committed; null where none can be.
 *
 * @throws Failure SOURCE_DENIED where the server does not say which transactions are open.
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
  // When a prepared transaction began, nobody knows any more.
  return prepared?.since ? { place, blocker: 'prepared', since: prepared.since } : null;
}

function requireKnowledge({ isStandby, maySee }: Activity, label: string): void {
  const knows = 'safe_bound needs to know which transactions are open';
  if (isStandby) {
    const what = text`${safe(label)} is a standby, which does not say what is open on its primary, and ${safe(knows)}: read from the primary, or use settle and lookback instead.`;
    throw new Failure('SOURCE_DENIED', what);
  }
  if (maySee) return;
  const what = text`${safe(label)} hides the transactions of other roles, and ${safe(knows)}: grant pg_read_all_stats to the role that reads.`;
  throw new Failure('SOURCE_DENIED', what);
}
