// The views for which a rule's condition holds, found by one statement. Reads only Postgres: the queue and the online
// store may be unavailable.

import type { AlertCondition, AlertRule } from '../../definition/alert.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import type { CheckOutcome } from '../../quality/outcome.ts';
import { AWAY } from '../outages/away.ts';
import { IS_COUNTED_REASON } from '../outages/uncounted.ts';
import { REBUILD_ASKED_FOR, type RebuildReason } from '../publishing/rebuild-reasons.ts';
import { HELD_CAUSES, type HeldCause } from '../queries/held-causes.ts';
import { WARNINGS } from '../queries/run-overview.ts';
import { IS_REDACTED, redactError, type ViewRedaction, withoutRows } from '../redaction.ts';
import { workedSql } from '../runs/run.ts';
import { type RunError, type StoredError, shortError } from '../runs/run-error.ts';
import { IN } from '../runs/states.ts';

/** What is known about a view with a problem; the condition determines the keys. */
export type AlertFacts = {
  /** The run, and its error. */
  readonly run?: number | null;
  readonly error?: RunError | null;
  readonly failures?: number;
  /** The held time of the view and its causes; null if nothing is held. */
  readonly held?: { readonly ms: number; readonly unitMs: number; readonly causes: readonly HeldCause[] } | null;
  readonly lagMs?: number;
  readonly freshnessMs?: number;
  /** Why a late view does not catch up without help. */
  readonly why?: 'paused' | 'edited' | 'held' | 'failed' | 'untaken' | null;
  /** The number of newest runs that were counted. */
  readonly runs?: number;
  readonly read?: number;
  readonly refused?: number;
  /** The first checks that a run failed, without rows. */
  readonly checks?: readonly CheckOutcome[];
  /** How long a run has taken so far. */
  readonly tookMs?: number;
  /** Why the online store is rebuilt, and whether the rebuild is still pending. */
  readonly reason?: RebuildReason;
  readonly pending?: boolean;
};

export type FailingView = {
  readonly viewId: number;
  readonly name: string;
  /** As Postgres writes it, exact. */
  readonly since: string;
  readonly facts: AlertFacts;
};

/** One bad row of two means nothing: small runs are added up, newest first, until there are enough rows to judge. */
const JUDGED = { rows: 1_000, runs: 10, refused: 10 };
/** Rebuilds usually end quickly; after this long they are worth an alert. */
const REBUILT_MINUTES = 10;
const MESSAGE_CHARACTERS_MAX = 500;

/** The stored form. */
export type StoredFacts = Omit<AlertFacts, 'error'> & { readonly error?: StoredError | null };

type FoundTrouble = Omit<FailingView, 'facts'> & ViewRedaction & { readonly facts: StoredFacts };

export function redactFacts({ error, checks, ...facts }: StoredFacts, view: ViewRedaction): AlertFacts {
  return {
    ...facts,
    ...(checks === undefined ? {} : { checks: withoutRows(checks) }),
    ...(error == null ? {} : { error: redactError(error, view) }),
  };
}

/** The views for which the rule's condition holds now, by name. */
export async function failingViews(database: Database | Session, rule: AlertRule): Promise<FailingView[]> {
  const { names, tags } = namedBy(rule);
  const found = await database.query<FoundTrouble>(
    `with clock as materialized (select millrace.now() as now, $1::text[] as names, $2::text[] as tags),
     v as (select view.* from millrace.view, clock
            where retired_at is null
              and (clock.names is null or name = any(clock.names) or parts_of = any(clock.names) or view.tags && clock.tags))
     ${CONDITIONS[rule.when]}
      order by v.name`,
    [names, tags, ...VALUES[rule.when](rule)],
  );
  return found.map(({ isRedacted, ...trouble }) => ({ ...trouble, facts: redactFacts(trouble.facts, { isRedacted }) }));
}

/** The views and tags of a rule; null for all views. */
export function namedBy({ views }: Pick<AlertRule, 'views'>): { names: string[] | null; tags: string[] | null } {
  const names = views?.filter((word) => !word.startsWith('tag:')) ?? null;
  const tags = views?.filter((word) => word.startsWith('tag:')).map((word) => word.slice('tag:'.length)) ?? null;
  return { names, tags };
}

/** The values of a rule that its statement takes, from $3. */
const VALUES: Readonly<Record<AlertCondition, (rule: AlertRule) => readonly unknown[]>> = {
  run_failed: ({ times }) => [times],
  freshness_missed: () => [],
  intervals_held: () => [],
  refused_share: ({ above, rowsMin = 1 }) => [above, rowsMin],
  check_failed: () => [],
  check_warned: () => [],
  slow_run: ({ longerMs = 0 }) => [longerMs],
  circuit_open: () => [],
  online_rebuilt: () => [REBUILD_ASKED_FOR, REBUILT_MINUTES],
};

// The newest failed run that the view's circuit counts, from an index of failed runs.
const LAST_FAILED = `
  left join lateral (
    select id, closed_at, error from millrace.run
     where view_id = v.id and state = 'failed' and ${IS_COUNTED_REASON} order by id desc limit 1) failed on true`;

const HELD = `(
  select jsonb_build_object('ms', (extract(epoch from sum(upper(part) - lower(part))) * 1000)::bigint,
           'unitMs', (extract(epoch from v.unit) * 1000)::bigint, 'causes', ${HELD_CAUSES})
    from millrace.coverage c, unnest(c.held) part where c.view_id = v.id and not isempty(c.held) group by c.view_id)`;

const FAILED_FACTS = `jsonb_build_object('failures', v.failed_in_a_row, 'run', failed.id,
  'error', ${shortError('failed.error', MESSAGE_CHARACTERS_MAX)}, 'held', ${HELD})`;

// The failed run that holds a view back, or the newest run if no worker has claimed it.
const WHY_LATE = `
  case when why = 'held' or (why is null and last.state = 'failed')
         then jsonb_build_object('why', coalesce(why, 'failed')) || ${FAILED_FACTS} - 'failures'
       when why is null and last.state = 'planned' and last.owner is null and last.waiting_for is null
         then jsonb_build_object('why', 'untaken', 'run', last.id)
       else jsonb_build_object('why', why) end`;

// Runs of the schedule or of an operator that read rows, newest first.
const LAST_READ = `
  select id, committed_at, closed_at, (counts->>'read')::bigint as read, (counts->>'refused')::bigint as refused
    from millrace.run
   where view_id = v.id and state ${IN.counted} and reason <> 'backfill'
     and (counts->>'read')::bigint > 0
   order by id desc`;

// The newest run that ended by itself.
const NEWEST_ENDED = `
  select * from millrace.run
   where view_id = v.id and state ${IN.counted} order by id desc limit 1`;

const CONDITIONS: Readonly<Record<AlertCondition, string>> = {
  // As many failures as the view's circuit counts. A view that it has paused has no more, but an active run may still succeed.
  run_failed: `
    select v.id as "viewId", v.name, ${IS_REDACTED} as "isRedacted", coalesce(failed.closed_at, clock.now)::text as since, ${FAILED_FACTS} as facts
      from v cross join clock ${LAST_FAILED}
     where v.failed_in_a_row >= case when v.paused_kind = 'circuit' then 1 else $3 end`,
  freshness_missed: `
    , reached as (
      select v.id, coalesce(case when v.kind in ('latest', 'pushed') then c.last_good
                              else millrace.watermark(v, c) end,
                            case when v.kind in ('latest', 'pushed') then v.applied_at else v.start_at end) as at,
             case when v.paused_kind is not null then 'paused' when v.edited_fingerprint is not null then 'edited'
                  when not isempty(c.held) then 'held' end as why
        from v join millrace.coverage c on c.view_id = v.id where v.freshness is not null)
    select v.id as "viewId", v.name, ${IS_REDACTED} as "isRedacted", (at + v.freshness)::text as since,
           jsonb_build_object('lagMs', floor(extract(epoch from clock.now - at) * 1000)::bigint,
             'freshnessMs', (extract(epoch from v.freshness) * 1000)::bigint) || ${WHY_LATE} as facts
      from v join reached using (id) cross join clock
      left join lateral (
        select id, state, owner, waiting_for, error from millrace.run where view_id = v.id order by id desc limit 1) last on true
      left join lateral (
        select id, error from millrace.run where view_id = v.id and state = 'failed' order by id desc limit 1) failed on true
     where clock.now - at > v.freshness and (v.end_at is null or at < v.end_at)`,
  // Not what waits only for an unavailable source, nor what is being read again.
  intervals_held: `
    , stuck as (
      select v.id, c.view_id, c.held - coalesce((select range_agg(away.spans) from ${AWAY} away), '{}') - coalesce((
               select range_agg(o.span) from millrace.run o
                where o.view_id = v.id and o.state ${IN.unstored} and not lower_inf(o.span)), '{}') as held
        from v join millrace.coverage c on c.view_id = v.id
       where not isempty(c.held))
    select v.id as "viewId", v.name, ${IS_REDACTED} as "isRedacted", coalesce(failed.closed_at, clock.now)::text as since,
           jsonb_build_object('run', failed.id, 'error', ${shortError('failed.error', MESSAGE_CHARACTERS_MAX)}, 'held', jsonb_build_object(
             'ms', (select (extract(epoch from sum(upper(part) - lower(part))) * 1000)::bigint from unnest(c.held) part),
             'unitMs', (extract(epoch from v.unit) * 1000)::bigint, 'causes', ${HELD_CAUSES})) as facts
      from v cross join clock join stuck c on c.id = v.id
     cross join lateral (
        select id, closed_at, error from millrace.run
         where view_id = v.id and state = 'failed' and span && c.held and not lower_inf(span) order by id desc limit 1) failed
     where not isempty(c.held)`,
  refused_share: `
    select v.id as "viewId", v.name, ${IS_REDACTED} as "isRedacted", coalesce(r.committed_at, r.closed_at, clock.now)::text as since,
           jsonb_build_object('run', r.id, 'runs', several.runs, 'read', several.read, 'refused', several.refused) as facts
      from v cross join clock
     cross join lateral (${LAST_READ} limit 1) r
     cross join lateral (
        select count(*) as runs, sum(read)::bigint as read, sum(refused)::bigint as refused
          from (select read, refused, sum(read) over (order by id desc) - read as newer
                  from (${LAST_READ} limit ${JUDGED.runs}) recent) recent
         where newer < ${JUDGED.rows}) several
     where r.refused > $3::float8 * r.read and several.refused > $3::float8 * several.read
       and several.refused >= ${JUDGED.refused} and several.read >= $4::bigint`,
  check_failed: `
    select v.id as "viewId", v.name, ${IS_REDACTED} as "isRedacted", coalesce(r.closed_at, clock.now)::text as since,
           jsonb_build_object('run', r.id, 'error', ${shortError('r.error', MESSAGE_CHARACTERS_MAX)}) as facts
      from v cross join clock cross join lateral (${NEWEST_ENDED}) r
     where r.state = 'failed' and r.error->>'code' = 'CHECK_FAILED'`,
  check_warned: `
    select v.id as "viewId", v.name, ${IS_REDACTED} as "isRedacted", coalesce(r.committed_at, clock.now)::text as since,
           jsonb_build_object('run', r.id, 'checks', jsonb_path_query_array(r.warnings, '$[0 to 2]')) as facts
      from v cross join clock
     cross join lateral (select id, committed_at, ${WARNINGS} as warnings from (${NEWEST_ENDED}) newest) r
     where r.committed_at is not null and r.warnings <> '[]'`,
  slow_run: `
    select v.id as "viewId", v.name, ${IS_REDACTED} as "isRedacted",
           (coalesce(r.closed_at, clock.now) - work.took + $3::float8 * interval '1 ms')::text as since,
           jsonb_build_object('run', r.id, 'tookMs', floor(extract(epoch from work.took) * 1000)::bigint) as facts
      from v cross join clock
     cross join lateral (
        select id, started_at, closed_at, worked, working_since from millrace.run
         where view_id = v.id and started_at is not null and reason <> 'backfill' order by id desc limit 1) r
     cross join lateral (select ${workedSql('clock.now')} as took) work
     where work.took > $3::float8 * interval '1 ms'`,
  circuit_open: `
    select v.id as "viewId", v.name, ${IS_REDACTED} as "isRedacted", coalesce(v.paused_at, clock.now)::text as since, ${FAILED_FACTS} as facts
      from v cross join clock ${LAST_FAILED}
     where v.paused_kind = 'circuit'`,
  online_rebuilt: `
    , rebuilt as (
      select view_id, min(at) as at, (array_agg(note->'facts'->>'reason' order by at desc))[1] as reason
        from millrace.event, clock
       where kind = 'rebuilt' and at > clock.now - make_interval(mins => $4::int) and note->'facts'->>'reason' <> all($3::text[])
       group by view_id),
    pending as (select id, rebuild_reason as reason from v where rebuild_reason <> all($3::text[]))
    select v.id as "viewId", v.name, ${IS_REDACTED} as "isRedacted", coalesce(rebuilt.at, clock.now)::text as since,
           jsonb_build_object('reason', coalesce(pending.reason, rebuilt.reason), 'pending', pending.id is not null) as facts
      from v cross join clock left join rebuilt on rebuilt.view_id = v.id left join pending on pending.id = v.id
     where rebuilt.view_id is not null or pending.id is not null`,
};
