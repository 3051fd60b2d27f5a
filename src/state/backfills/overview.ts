// Overview of backfills for users. Reads only.

import type { EpochMs } from '../../core/instant.ts';
import { type Interval, interval } from '../../core/interval.ts';
import type { Database } from '../../postgres/database.ts';
import { IS_REDACTED, redactError, type ViewRedaction } from '../redaction.ts';
import type { RunError, StoredError } from '../runs/run-error.ts';
import { IN, type RunState } from '../runs/states.ts';
import { type CircuitFacts, PAUSE, type Pause, redactCircuit, redactPause, shortFacts } from '../views/paused.ts';
import type { BackfillMode, BackfillSkip } from './backfill.ts';
import type { BackfillState } from './backfill-state.ts';

/** waiting: for its turn or a worker. running: its run is active or committed. skipped: no longer needed at its turn. */
export type ChunkState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled' | 'skipped';

/** The number of chunks in each state, and in total. */
export type ChunkCounts = Readonly<Record<ChunkState | 'total', number>>;

/** Why its circuit paused it, or why it plans nothing although it is running. */
export type BackfillBlock =
  | { readonly kind: 'circuit'; readonly facts: CircuitFacts }
  | { readonly kind: 'view_paused'; readonly pause: Pause }
  | { readonly kind: 'view_retired' | 'view_edited' | 'view_latest' };

export type BackfillOverview = {
  readonly id: number;
  readonly view: string;
  readonly range: Interval;
  readonly mode: BackfillMode;
  readonly state: BackfillState;
  readonly rest: BackfillBlock | null;
  readonly order: 'oldest' | 'newest';
  readonly parallel: number;
  readonly askedBy: string;
  readonly askedAt: EpochMs;
  readonly closedAt: EpochMs | null;
  /** Requested units that never became a chunk. */
  readonly skipped: readonly BackfillSkip[];
  readonly chunks: ChunkCounts;
  readonly units: ChunkCounts;
  /** Units that are neither done nor skipped, but are covered by older rows. */
  readonly keptUnits: number;
  /** Rows accepted by its committed runs. */
  readonly rows: number;
  /** When its first run started. */
  readonly startedAt: EpochMs | null;
};

export type BackfillFilter = {
  readonly view?: string | null;
  /** Only backfills of these views. */
  readonly views?: readonly string[] | null;
  readonly ids?: readonly number[];
  readonly states?: readonly BackfillState[];
  /** Only backfills before this one. */
  readonly before?: number;
  readonly limit?: number;
};

/** The backfills that match the filter: running, paused, then closed ones; newest first. */
export async function backfillOverviews(database: Database, filter: BackfillFilter): Promise<BackfillOverview[]> {
  const rows = await database.query<BackfillRow>(BACKFILLS, [
    filter.view ?? null,
    filter.ids ?? null,
    filter.states ?? null,
    filter.limit ?? null,
    filter.before ?? null,
    filter.views ?? null,
  ]);
  return rows.map(({ start, end, isRedacted, ...row }) => ({
    ...row,
    range: interval(start, end),
    rest: redactRest(row.rest, { isRedacted }),
  }));
}

function redactRest(rest: BackfillBlock | null, view: ViewRedaction): BackfillBlock | null {
  if (rest?.kind === 'circuit') return { ...rest, facts: redactCircuit(rest.facts, view) };
  return rest?.kind === 'view_paused' ? { ...rest, pause: redactPause(rest.pause, view) } : rest;
}

type BackfillRow = Omit<BackfillOverview, 'range'> & {
  readonly start: EpochMs;
  readonly end: EpochMs;
} & ViewRedaction;

const MS = (instant: string) => `(extract(epoch from ${instant}) * 1000)::bigint`;

// The chunk of a superseded run may not be done and waits again; a planned run has no worker yet.
const CHUNK_STATE = `
  case when c.skipped is not null then 'skipped'
       when r.state ${IN.begun} then 'running'
       when r.state ${IN.over} and r.state <> 'superseded' then r.state
       else 'waiting' end`;

const counted = (what: string) => `
  jsonb_build_object('total', coalesce(sum(${what}), 0), ${[
    'waiting',
    'running',
    'done',
    'failed',
    'cancelled',
    'skipped',
  ]
    .map((state) => `'${state}', coalesce(sum(${what}) filter (where state = '${state}'), 0)`)
    .join(', ')})`;

const BACKFILLS = `
  select b.id, v.name as view, ${MS('lower(b.range)')} as start, ${MS('upper(b.range)')} as end, b.mode, b.state,  ${IS_REDACTED} as "isRedacted",
         case when b.newest_first then 'newest' else 'oldest' end as order, b.parallel, b.asked_by as "askedBy",
         ${MS('b.asked_at')} as "askedAt", ${MS('b.closed_at')} as "closedAt", b.skipped,
         chunks.chunks, chunks.units, chunks.rows, chunks."startedAt",
         coalesce((select sum(extract(epoch from upper(kept) - lower(kept)) / extract(epoch from v.unit))
                     from unnest(undone * covered) kept), 0)::int as "keptUnits",
         case when b.paused_kind = 'circuit' then jsonb_build_object('kind', 'circuit', 'facts', ${shortFacts('b.paused_facts')})
              when b.state <> 'running' then null
              when v.retired_at is not null then '{"kind": "view_retired"}'
              when v.edited_fingerprint is not null then '{"kind": "view_edited"}'
              when v.paused_kind is not null then jsonb_build_object('kind', 'view_paused', 'pause', ${PAUSE})
              when v.kind in ('latest', 'pushed') then '{"kind": "view_latest"}'
              end as rest
    from (select * from millrace.backfill
           where not expired and ($1::text is null or view_id = (select id from millrace.view where name = $1))
             and ($2::bigint[] is null or id = any($2)) and ($3::text[] is null or state = any($3))
             and ($5::bigint is null or id < $5)
             and ($6::text[] is null or view_id in (select id from millrace.view where name = any($6)))
           order by state <> 'running', state <> 'paused', id desc limit $4) b
    join millrace.view v on v.id = b.view_id
    join millrace.coverage coverage on coverage.view_id = b.view_id
    cross join lateral (
      select ${counted('1')} as chunks, ${counted('units')} as units, coalesce(sum(rows), 0)::bigint as rows,
             ${MS('min(started_at)')} as "startedAt",
             range_agg(span) filter (where state not in ('done', 'skipped') and stored is null) as undone
        from (select ${CHUNK_STATE} as state, r.started_at, c.span,
                     round(extract(epoch from upper(c.span) - lower(c.span)) / extract(epoch from v.unit)) as units,
                     case when r.state ${IN.stored} then r.id end as stored,
                     case when r.state ${IN.stored} then (r.counts->>'accepted')::bigint end as rows
                from millrace.backfill_chunk c left join millrace.run r on r.id = c.run_id
               where c.backfill_id = b.id) c) chunks
   order by b.state <> 'running', b.state <> 'paused', b.id desc`;

export type ChunkOverview = {
  readonly place: number;
  readonly span: Interval;
  readonly units: number;
  readonly state: ChunkState;
  /** Its newest run; null while it waits for its turn. */
  readonly run: number | null;
  readonly runState: RunState | null;
  readonly attempt: number | null;
  readonly attemptsMax: number | null;
  readonly error: RunError | null;
  /** Why it was skipped. */
  readonly skipped: string | null;
  readonly rows: number;
};

export type ChunkPage = {
  readonly limit?: number;
  /** The place before the first one of the page. */
  readonly after?: number;
  readonly states?: readonly ChunkState[];
};

/** Chunks in run order. */
export async function backfillChunks(database: Database, id: number, page: ChunkPage): Promise<ChunkOverview[]> {
  const rows = await database.query<ChunkRow>(CHUNKS, [id, page.after ?? 0, page.states ?? null, page.limit ?? null]);
  return rows.map(({ start, end, error, isRedacted, ...row }) => ({
    ...row,
    span: interval(start, end),
    error: error === null ? null : redactError(error, { isRedacted }),
  }));
}

type ChunkRow = Omit<ChunkOverview, 'span' | 'error'> &
  ViewRedaction & { readonly start: EpochMs; readonly end: EpochMs; readonly error: StoredError | null };

const CHUNKS = `
  select * from (
    select c.place, ${MS('lower(c.span)')} as start, ${MS('upper(c.span)')} as end,
           round(extract(epoch from upper(c.span) - lower(c.span)) / extract(epoch from v.unit))::int as units,
           ${CHUNK_STATE} as state, r.id as run, r.state as "runState", r.attempt,
           (r.options->>'attempts')::int as "attemptsMax",
           case when r.state ${IN.open} or r.state = 'failed' then r.error end as error, c.skipped, ${IS_REDACTED} as "isRedacted",
           case when r.state ${IN.stored} then coalesce((r.counts->>'accepted')::bigint, 0) else 0 end as rows
      from millrace.backfill_chunk c
      join millrace.backfill b on b.id = c.backfill_id join millrace.view v on v.id = b.view_id
      left join millrace.run r on r.id = c.run_id
     where c.backfill_id = $1 and c.place > $2) c
   where $3::text[] is null or state = any($3)
   order by place limit $4`;

/** The open runs of its chunks, in run order. */
export async function openChunkRuns(database: Database, id: number): Promise<number[]> {
  const rows = await database.query<{ run: number }>(
    `select r.id as run from millrace.backfill_chunk c join millrace.run r on r.id = c.run_id
      where c.backfill_id = $1 and r.state ${IN.open} order by c.place`,
    [id],
  );
  return rows.map(({ run }) => run);
}
