// Covered time whose files are checked again, since files may appear or change after they were read (late_files).

import { isDeepStrictEqual } from 'node:util';
import { type Interval, missing, union } from '../../core/interval.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges, rangeLiteral } from '../../postgres/range.ts';
import { type EventNote, recordEvent } from '../events.ts';
import { IN } from '../runs/states.ts';

/** A run that is the newest for some time that is not stale: all of its span, or what later runs left of it. */
export type RunOfFiles = {
  readonly runId: number;
  readonly spans: readonly Interval[];
  /** Of all files that it read; null if not recorded. */
  readonly digest: string | null;
};

/** A view with the runs whose files are checked again, oldest first. */
export type ViewOfFiles = { readonly viewId: number; readonly view: FeatureView; readonly runs: readonly RunOfFiles[] };

/** All views with such runs. */
export async function viewsOfFiles(database: Database): Promise<ViewOfFiles[]> {
  const views = await database.query<{ viewId: number; view: FeatureView; others: string }>(
    `select v.id as "viewId", v.spec as view, (c.stale + c.held + coalesce((
              select range_agg(r.span) from millrace.run r
               where r.view_id = v.id and r.state ${IN.unstored}), '{}'))::text as others
       from millrace.view v join millrace.coverage c on c.view_id = v.id
      where v.retired_at is null and v.late_files > interval '0' and v.kind not in ('latest', 'pushed')
      order by v.id`,
  );
  const found: ViewOfFiles[] = [];
  for (const { viewId, view, others } of views) {
    const runs = await runsOfFiles(database, viewId, parseRanges(others));
    if (runs.length > 0) found.push({ viewId, view, runs });
  }
  return found;
}

/**
 * Whether runs of both definitions look up the same files for an interval. Then those that a run of the first one has read are
 * compared with those of the second one: an edit that keeps stored rows does not end the look-out for late files.
 */
export function looksUpSameFiles(before: FeatureView, after: FeatureView): boolean {
  const lookedUp = ({ source, kind, unitMs, files }: FeatureView) => ({
    source,
    kind,
    unitMs,
    tables: Object.fromEntries(
      Object.entries(files ?? {}).map(([name, { pattern, windowMs, request }]) => [
        name,
        { pattern, windowMs, request },
      ]),
    ),
  });
  return isDeepStrictEqual(lookedUp(before), lookedUp(after));
}

/**
 * Excludes time that is stale, held, or in an open run: it is read again anyway, or waits for an operator. Runs of an earlier
 * definition count if all edits since have looked up the same files.
 */
async function runsOfFiles(database: Database, viewId: number, others: readonly Interval[]): Promise<RunOfFiles[]> {
  const rows = await database.query<{ runId: number; span: string; digest: string | null }>(
    `with edits as materialized (
       select e.at, coalesce((e.note->'facts'->>'sameFiles')::boolean, false) as same
         from millrace.event e join millrace.view v on v.id = e.view_id
        where e.view_id = $1 and e.kind = 'stale' and e.note->>'kind' = 'edited' and e.at > millrace.now() - v.late_files)
     select r.id as "runId", r.span::text as span, r.files_digest as digest
       from millrace.run r join millrace.view v on v.id = r.view_id
      where r.view_id = $1 and (r.files_digest is not null or r.without_files)
        and upper(r.span) > millrace.now() - v.late_files
        and r.state ${IN.stored}
        and (r.fingerprint = v.data_fingerprint
             or coalesce((select bool_and(same) from edits where edits.at >= r.committed_at), false))
      order by r.id desc`,
    [viewId],
  );
  const runs: RunOfFiles[] = [];
  let taken: readonly Interval[] = union(others);
  for (const { runId, span, digest } of rows) {
    const [whole] = parseRanges(span);
    const spans = whole === undefined ? [] : missing(whole, taken);
    if (spans.length > 0) runs.push({ runId, digest, spans });
    taken = union([...taken, ...spans]);
  }
  return runs.reverse();
}

/**
 * Marks the span of a run as stale, unless a later run has covered it or will; returns whether it did. `note` names the
 * file.
 */
export async function markLate(
  database: Database,
  { viewId, runId, unit }: { readonly viewId: number; readonly runId: number; readonly unit: Interval },
  note: EventNote,
): Promise<boolean> {
  return database.transaction(async (session) => {
    const marked = await session.run(
      `update millrace.coverage set stale = stale + (covered * $2::tstzrange::tstzmultirange)
        where view_id = $1 and covered && $2::tstzrange and not stale @> $2::tstzrange
          and not exists (select from millrace.run later
                           where later.view_id = $1 and later.id > $3 and later.span && $2::tstzrange
                             and (later.state ${IN.open} or later.state = 'done'))`,
      [viewId, rangeLiteral(unit), runId],
    );
    if (marked === 0) return false;
    await recordEvent(session, { viewId, kind: 'stale', span: unit, note });
    return true;
  });
}
