// The views of a job, checked in one statement: most ticks of most views have nothing to do.

import { Failure } from '../../core/failure.ts';
import type { Database } from '../../postgres/database.ts';
import { IN } from '../runs/states.ts';

export type JobView = {
  readonly id: number;
  readonly name: string;
  /** Its name in the project: for parts, that of their view. */
  readonly viewName: string;
  /** Waits for `apply` with the meaning of its edit. */
  readonly isEdited: boolean;
  /** Whether planning it would write anything. */
  readonly hasWork: boolean;
};

/** The deployed views with these names and tags (`tag:x`) and their parts, without duplicates, by name. Reads only. */
export async function viewsOfJob(database: Database, words: readonly string[]): Promise<JobView[]> {
  const named = [
    words.filter((word) => !word.startsWith('tag:')),
    words.filter((word) => word.startsWith('tag:')).map((word) => word.slice('tag:'.length)),
  ];
  try {
    return await database.query<JobView>(jobViews(HAS_WORK), named);
  } catch (error) {
    if (error instanceof Failure) throw error;
    // A view with times that break the arithmetic fails the statement: plan each view, which reports the failing one.
    return database.query<JobView>(jobViews('true'), named);
  }
}

// Lookback needs no check here: it comes with due units or a new frontier.
const HAS_WORK = `
  case v.kind when 'pushed' then false when 'latest' then runs.spans is null
    else c.frontier is distinct from millrace.frontier(v)
      or not isempty(millrace.due(v, c, millrace.frontier(v)) - coalesce(runs.spans, '{}')) end`;

const jobViews = (hasWork: string) => `
  select v.id, v.name, coalesce(v.parts_of, v.name) as "viewName", v.edited_fingerprint is not null and v.retired_at is null as "isEdited",
         v.edited_fingerprint is null and v.retired_at is null and v.paused_kind is null and ${hasWork} as "hasWork"
    from millrace.view v
    join millrace.coverage c on c.view_id = v.id
    cross join lateral (
      select range_agg(span) as spans from millrace.run r
       where r.view_id = v.id and r.state ${IN.unstored}) runs
   where v.name = any($1) or v.parts_of = any($1) or v.tags && $2::text[]
   order by v.name`;
