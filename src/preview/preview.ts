// A dry run of a view: the real query, the real row check, and what a run would change. Writes nothing.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { type Interval, split } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';
import { type ChangedRow, compareStored, countStored } from '../offline/compare.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import type { CheckedRefusal } from '../rows/check.ts';
import { readChecked } from '../run/read-checked.ts';
import type { Source } from '../sources/source.ts';
import type { RunCounts } from '../state/runs/run.ts';
import { type AcceptedRow, chunksByEntity, keepRows } from './accepted-rows.ts';
import { type BrokenRule, brokenRules } from './broken-rules.ts';

export type PreviewRequest = {
  readonly database: Database;
  readonly source: Source;
  readonly view: FeatureView;
  /** Whole units; null for a view of kind latest. */
  readonly span: Interval | null;
  /** Rows of this entity only are listed. All are counted. */
  readonly entity: string | null;
  readonly limit: number;
  readonly now: EpochMs;
  readonly signal: AbortSignal;
};

/** The counts of a run, and examples of its rows. A snapshot has one for each interval. */
export type PreviewedRun = {
  readonly span: Interval | null;
  readonly counts: RunCounts;
  /** Whether the counts of changes are known: not for more rows than fit in memory. */
  readonly isCompared: boolean;
  /** Why a run with these rows would fail its check. */
  readonly broken: readonly BrokenRule[];
  readonly notes: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly AcceptedRow[];
  readonly refused: readonly CheckedRefusal[];
  readonly changes: readonly ChangedRow[];
};

const ROWS_COMPARED_MAX = 500_000;
const CHUNK_ROWS = 20_000;
const CLOCK_TOLERANCE_MICROS = 300_000_000;

export async function previewRuns(request: PreviewRequest): Promise<readonly PreviewedRun[]> {
  const { view, span } = request;
  const spans = span === null || view.kind === 'events' ? [span] : split(span, view.unitMs, 1);
  const runs: PreviewedRun[] = [];
  for (const one of spans) runs.push(await previewRun(request, one));
  return runs;
}

async function previewRun(request: PreviewRequest, span: Interval | null): Promise<PreviewedRun> {
  const { view, source, entity, limit, signal } = request;
  const kept = keepRows(ROWS_COMPARED_MAX);
  const shown = shownRows(entity, limit);
  const extraction = { view, span };
  const latestAllowedMicros = request.now * 1_000 + CLOCK_TOLERANCE_MICROS;
  const reading = await readChecked({ source, extraction, latestAllowedMicros, signal }, (batch) => {
    kept.take(batch);
    shown.take(batch.text, batch.refused);
  });
  const rows = kept.kept();
  const changes = await readOnly(request.database, (session) =>
    changesBy(session, { ...request, span, columns: reading.columns }, rows),
  );
  const counts = { ...reading.counts, ...changes.counts };
  return {
    span,
    counts,
    isCompared: !rows.isCut,
    broken: brokenRules({ view, counts, stored: changes.stored, columns: reading.columns, rows }),
    notes: reading.notes,
    columns: ['entity_id', 'timestamp', ...reading.columns.slice(2).map(({ name }) => name)],
    rows: shown.rows,
    refused: shown.refused,
    changes: changes.examples,
  };
}

type Changing = Pick<PreviewRequest, 'view' | 'span' | 'limit' | 'entity'> & {
  readonly columns: Parameters<typeof compareStored>[1]['columns'];
};

type Changes = {
  readonly counts: Partial<RunCounts>;
  readonly stored: number;
  readonly examples: readonly ChangedRow[];
};

async function changesBy(
  session: Session,
  changing: Changing,
  rows: ReturnType<ReturnType<typeof keepRows>['kept']>,
): Promise<Changes> {
  const stored = await countStored(session, changing.view, changing.span);
  if (rows.isCut) return { counts: {}, stored, examples: [] };
  const total = { distinct: 0, inserted: 0, changed: 0, matched: 0, kept: 0 };
  const examples: ChangedRow[] = [];
  for (const chunk of chunksByEntity(rows, CHUNK_ROWS)) {
    const found = await compareStored(session, { ...changing, ...chunk, examplesMax: changing.limit });
    for (const key of ['distinct', 'inserted', 'changed', 'matched', 'kept'] as const) total[key] += found[key];
    examples.push(...found.examples);
  }
  const { distinct, inserted, changed, matched, kept } = total;
  const isMerge = changing.view.kind === 'latest';
  return {
    counts: {
      inserted,
      changed,
      unchanged: matched - changed,
      duplicates: rows.accepted.length - distinct,
      kept: isMerge ? 0 : kept,
      removed: isMerge ? 0 : stored - matched - kept,
    },
    stored: isMerge ? 0 : stored,
    examples: examples.slice(0, changing.limit),
  };
}

/** One snapshot of the stored rows, in a transaction that the server keeps from writing. */
function readOnly<T>(database: Database, work: (session: Session) => Promise<T>): Promise<T> {
  return database.transaction(async (session) => {
    await session.run('set transaction isolation level repeatable read, read only');
    return await work(session);
  });
}

/** The first rows, or the first of an entity. */
function shownRows(entity: string | null, limit: number) {
  const kept = keepRows(Number.POSITIVE_INFINITY);
  const rows: AcceptedRow[] = [];
  const refused: CheckedRefusal[] = [];
  const isWanted = (entityId: string | null | undefined) => entity === null || entityId === entity;
  return {
    rows,
    refused,
    take: (text: string, refusals: readonly CheckedRefusal[]) => {
      for (const one of refusals) {
        if (refused.length < limit && isWanted(one.row['entity_id'])) refused.push(one);
      }
      if (rows.length >= limit) return;
      const batch = entity === null ? firstLines(text, limit - rows.length) : text;
      kept.take({ text: batch, read: 0, accepted: 0, refused: [] });
      const found = kept.kept().accepted.slice(rows.length);
      rows.push(...found.filter(([entityId]) => isWanted(entityId)).slice(0, limit - rows.length));
    },
  };
}

function firstLines(text: string, lines: number): string {
  let end = 0;
  for (let line = 0; line < lines && end !== -1 && end < text.length; line += 1) end = text.indexOf('\n', end) + 1;
  return text.slice(0, end);
}

/** The newest interval of a view that is settled; null before the first. */
export function unitBefore(view: FeatureView, now: EpochMs): Interval | null {
  const frontier = Math.floor((now - view.settleMs) / view.unitMs) * view.unitMs;
  const end = Math.min(frontier, view.end ?? frontier);
  return end - view.unitMs < view.start ? null : { start: epochMsOf(end - view.unitMs), end: epochMsOf(end) };
}
