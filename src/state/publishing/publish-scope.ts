// The scope of a publish: the spans, runs and removed rows that are committed but not published.

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import type { Interval } from '../../core/interval.ts';
import type { Database } from '../../postgres/database.ts';
import { prepared } from '../../postgres/prepared.ts';
import { multirangeLiteral, parseRanges, rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';

/** A span that online reflects but for the rows that one run has inserted or changed in it. */
export type ChangedSpan = { readonly runId: number; readonly span: Interval; readonly rows: number };

/** The part of the record that one publish covers. */
export type PublishScope = {
  /** Its spans; none for views of kind latest. */
  readonly spans: readonly Interval[];
  /** Committed runs that wait for it. */
  readonly runs: readonly number[];
  /** The runs that need only their changed rows published. */
  readonly changes: readonly ChangedSpan[];
  /** Runs with removed rows that it publishes. */
  readonly removedByRuns: readonly number[];
  /** The newest commit in its rows: spans of later commits stay unpublished. */
  readonly newestCommit: number;
};

/** All that a view has to publish. */
export type Debt = PublishScope & {
  /** The spans of the committed runs that workers hold at this moment: those that publish or wait for their turn. */
  readonly held: readonly { readonly runId: number; readonly span: Interval }[];
};

/**
 * Everything of a view that is committed and not published; `run` counts as held even if its worker has lost its lease. Read in
 * the snapshot that then yields the rows, or before it. A commit takes the coverage lock first and writes its event
 * under it, so the ids of a view's events are in the order of their commits.
 */
export async function readDebt(session: Session | Database, viewId: number, run: number | null = null): Promise<Debt> {
  const [row] = await session.query<DebtRow>(
    prepared(`select (covered - published)::text as spans, ${CHANGES} as changes, ${HELD} as held, ${OF_BOTH}`),
    [viewId, run],
  );
  if (row === undefined) return { ...NO_SCOPE, held: [] };
  return { ...row, changes: parsed(row.changes), held: parsed(row.held), spans: parseRanges(row.spans) };
}

/** Everything of a view that is committed, for a rebuild; read before its rows. */
export async function readCovered(database: Database, viewId: number): Promise<PublishScope> {
  const [row] = await database.query<CoveredRow>(prepared(`select covered::text as spans, ${OF_BOTH}`), [viewId]);
  return row === undefined ? NO_SCOPE : { ...row, changes: [], spans: parseRanges(row.spans) };
}

function parsed<R extends { readonly span: string }>(of: readonly R[]): (Omit<R, 'span'> & { span: Interval })[] {
  return of.flatMap(({ span, ...rest }) => parseRanges(span).map((part) => ({ ...rest, span: part })));
}

/** SQL: the columns that a debt and a rebuild share. */
const OF_BOTH = `
            to_json(array(select id from millrace.run where view_id = $1 and state = 'committed' order by id)) as runs,
            to_json(array(select distinct run_id from millrace.removed where view_id = $1 order by 1)) as "removedByRuns",
            (select coalesce(max(id), 0) from millrace.event where view_id = $1 and kind = 'covered') as "newestCommit"
       from millrace.coverage where view_id = $1`;

/** The scope of a publish that has nothing to write. */
export const NO_SCOPE: PublishScope = { spans: [], runs: [], changes: [], removedByRuns: [], newestCommit: 0 };

type Text<T> = Omit<T, 'span'> & { readonly span: string };
type CoveredRow = Omit<PublishScope, 'spans' | 'changes'> & { readonly spans: string };
type DebtRow = CoveredRow & {
  readonly changes: readonly Text<ChangedSpan>[];
  readonly held: readonly Text<Debt['held'][number]>[];
};

/** SQL: a run whose lease is over may be in other hands, or be published by the scheduler. */
const HELD = `to_json(array(
  select json_build_object('runId', r.id, 'span', (r.span::tstzmultirange * (covered - published))::text) from millrace.run r
   where r.view_id = $1 and r.state = 'committed' and r.span is not null and (r.lease_until > millrace.now() or r.id = $2)
   order by r.id))`;

/** SQL: a span that a later commit has touched is left out, because that commit found it unpublished. */
const CHANGES = `to_json(array(
  select json_build_object('runId', r.id, 'span', r.span::text,
                           'rows', (r.counts->>'inserted')::bigint + (r.counts->>'changed')::bigint)
    from millrace.run r
   where r.view_id = $1 and r.state = 'committed' and r.changes_after is not null
     and not exists (select from millrace.event e
                      where e.view_id = $1 and e.id > r.changes_after and e.kind = 'covered'
                        and e.run_id <> r.id and e.span && r.span)
   order by r.id))`;

/**
 * The number of the view's publish that last finished, if the online store reflects all that a run has committed or removed;
 * null otherwise.
 */
export async function publishedBy(
  database: Database,
  viewId: number,
  run: { readonly id: number; readonly span: Interval },
): Promise<number | null> {
  const [row] = await database.query<{ number: number }>(
    prepared(`select v.finished_publish_number as number
       from millrace.view v join millrace.coverage c on c.view_id = v.id
      where v.id = $1 and not (c.covered - c.published) && $2::tstzrange
        and not exists (select from millrace.removed d where d.view_id = $1 and d.run_id = $3)`),
    [viewId, rangeLiteral(run.span), run.id],
  );
  return row?.number ?? null;
}

/**
 * The end of what a view has covered besides these spans, in the same snapshot; null where that is nothing. Rows of a
 * span that begins there or later are the newest of their entities, unless another of the spans has newer ones.
 */
export async function endOtherPublishes(
  session: Session,
  viewId: number,
  spans: readonly Interval[],
): Promise<EpochMs | null> {
  const [row] = await session.query<{ end: number | null }>(
    prepared(`select (extract(epoch from upper(covered - $2::tstzmultirange)) * 1000)::bigint as end
       from millrace.coverage where view_id = $1`),
    [viewId, multirangeLiteral(spans)],
  );
  const end = row?.end ?? null;
  return end === null ? null : epochMsOf(end);
}

/** Whether there is nothing to publish. */
export function isEmptyScope({ spans, runs, removedByRuns }: PublishScope): boolean {
  return spans.length === 0 && runs.length === 0 && removedByRuns.length === 0;
}

/**
 * The views of which something is committed and not published, by name. A run that is publishing itself is not in debt
 * yet: its lease says so.
 */
export function viewsInDebt(database: Database): Promise<{ id: number; name: string }[]> {
  return database.query<{ id: number; name: string }>(
    `select v.id, v.name from millrace.view v join millrace.coverage c on c.view_id = v.id
      where v.parts_of is null
        and (not isempty(c.covered - c.published) or exists (select from millrace.removed d where d.view_id = v.id)
             or exists (select from millrace.run r where r.view_id = v.id and r.state = 'committed'))
        and not exists (select from millrace.run r
                         where r.view_id = v.id and r.state = 'committed' and r.lease_until > millrace.now())
      order by v.name`,
  );
}
