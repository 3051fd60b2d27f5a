// A dry run of a view: the real query, the real row check and checks, and what a run would change. Writes nothing.

import { Failure } from '../core/failure.ts';
import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { type Interval, split } from '../core/interval.ts';
import { safe, text } from '../core/message.ts';
import type { FeatureView } from '../definition/view.ts';
import type { ChangedRow } from '../offline/compare.ts';
import type { AcceptedRow } from '../offline/given-rows.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import type { CheckOutcome } from '../quality/outcome.ts';
import type { CheckedBatch, CheckedRefusal } from '../rows/check.ts';
import type { Reads } from '../run/given-checks.ts';
import { type CheckedReading, readChecked } from '../run/read-checked.ts';
import { withRefused } from '../run/refuse-by-checks.ts';
import { snapshotRule } from '../run/snapshot-rule.ts';
import type { Source } from '../sources/source.ts';
import { isStatePresent } from '../state/queries/view-overview.ts';
import type { RunCounts } from '../state/runs/run.ts';
import { compareWithStored } from '../state/views/snapshot-comparison.ts';
import { viewIdOf } from '../state/views/views.ts';
import { type KeptRows, keepRows } from './accepted-rows.ts';
import { type BrokenRule, brokenRules } from './broken-rules.ts';
import { changesBy } from './preview-changes.ts';
import { type CheckFindings, failingSentences, findingsOf, refusedRows } from './preview-checks.ts';
import { type ShownRows, shownRows } from './shown-rows.ts';

export type PreviewRequest = {
  readonly database: Database;
  readonly source: Source;
  readonly view: FeatureView;
  /** Of the query, as a run has it. */
  readonly fingerprint: string;
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
  /** Whether the counts of changes and the outcomes of checks are known: not for more rows than fit in memory. */
  readonly isCompared: boolean;
  /** Why a run with these rows would fail. */
  readonly broken: readonly BrokenRule[];
  /** In the order of the view. A check with `on_failure: refuse` is broken if it refuses rows. */
  readonly checks: readonly CheckOutcome[];
  readonly notes: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly AcceptedRow[];
  readonly refused: readonly CheckedRefusal[];
  readonly changes: readonly ChangedRow[];
};

/** So that the texts of a column still fit in one text, even if each character is escaped. */
const KEPT_MAX = { rows: 500_000, bytes: 201_326_592 };
const CLOCK_TOLERANCE_MICROS = 300_000_000;

/** @throws Failure as a source does, and CHECK_FAILED if there are more rows than `rows_max`. */
export async function previewRuns(request: PreviewRequest): Promise<readonly PreviewedRun[]> {
  const { view, span } = request;
  const spans = span === null || view.kind === 'events' ? [span] : split(span, view.unitMs, 1);
  const viewId = (await isStatePresent(request.database)) ? await viewIdOf(request.database, view.name) : null;
  const snapshots = snapshotRule(view);
  const runs: PreviewedRun[] = [];
  for (const one of spans) runs.push(await previewRun({ ...request, viewId, span: one }, snapshots));
  return runs;
}

type OneRun = PreviewRequest & { readonly viewId: number | null };

async function previewRun(request: OneRun, snapshots: ReturnType<typeof snapshotRule>): Promise<PreviewedRun> {
  const { view, span } = request;
  const { reading, kept, shown } = await readRows(request);
  const { columns } = reading;
  const reads: Reads = (work) => readOnly(request.database, work);
  const checks = kept.isCut
    ? null
    : await findingsOf(request.database, reads, request, { columns, rows: kept.accepted });
  const rows = checks === null ? kept : withoutRefused(kept, checks);
  if (checks !== null) shown.refuse(checks.passed, refusedRows({ view, columns, refused: checks.refused }));
  const changes = await reads((session) => changesBy(session, { ...request, columns }, rows));
  const refusedByChecks = kept.accepted.length - rows.accepted.length;
  const counts = { ...withRefused(reading.counts, refusedByChecks), ...changes.counts };
  const broken = [
    ...(checks?.failure == null ? [] : [{ code: checks.failure.code, message: checks.failure.parts }]),
    ...brokenRules({ view, counts, stored: changes.stored, rows }),
    ...failingSentences(checks?.outcomes ?? []).map((message) => ({ code: 'CHECK_FAILED' as const, message })),
  ];
  const snapshot = { counts, entities: entitiesOf(rows), isSound: broken.length === 0 };
  const emptied =
    kept.isCut || span === null
      ? null
      : await snapshots(snapshot, (entities, before) =>
          reads((session) => compareWithStored(session, { viewId: request.viewId, view, span }, entities, before)),
        );
  return {
    span,
    counts,
    isCompared: !rows.isCut,
    broken: [...broken, ...(emptied === null ? [] : [{ code: 'CHECK_FAILED' as const, message: emptied }])],
    checks: checks?.outcomes ?? [],
    notes: reading.notes,
    columns: ['entity_id', 'timestamp', ...columns.slice(2).map(({ name }) => name)],
    rows: shown.rows(),
    refused: shown.refused(),
    changes: changes.examples,
  };
}

type Read = { readonly reading: CheckedReading; readonly kept: KeptRows; readonly shown: ShownRows };

async function readRows({ view, source, span, now, entity, limit, signal }: OneRun): Promise<Read> {
  const kept = keepRows(view, KEPT_MAX);
  const shown = shownRows(view, entity, limit);
  let read = 0;
  const take = (batch: CheckedBatch): void => {
    read += batch.read;
    if (view.rowsMax !== undefined && read > view.rowsMax) throw tooManyRows(view.name, view.rowsMax);
    kept.take(batch);
    shown.take(batch);
  };
  const latestAllowedMicros = now * 1_000 + CLOCK_TOLERANCE_MICROS;
  const reading = await readChecked({ source, extraction: { view, span }, latestAllowedMicros, signal }, take);
  return { reading, kept: kept.kept(), shown };
}

/** The rows that a run would store, and the keys of all that it would refuse. */
function withoutRefused(kept: KeptRows, { passed, refused }: CheckFindings): KeptRows {
  const keys = refused.flatMap(({ rows }) =>
    rows.map(([entityId, timestamp]) => [entityId ?? '', timestamp ?? ''] as const),
  );
  return {
    ...kept,
    accepted: passed,
    refusedKeys: [...kept.refusedKeys, ...keys],
    refusedEntities: [...kept.refusedEntities, ...keys.map(([entityId]) => entityId)],
  };
}

function entitiesOf({ accepted, refusedEntities }: KeptRows): ReadonlySet<string> {
  return new Set([...accepted.map(([entityId]) => entityId ?? ''), ...refusedEntities]);
}

function tooManyRows(view: string, rowsMax: number): Failure {
  return new Failure(
    'CHECK_FAILED',
    text`${safe(view)} returns more than ${safe(rowsMax)} rows (rows_max) for this span, so a run would fail: check the query, use a smaller interval so that each run covers less time, or raise rows_max.`,
    { view },
  );
}

/** One snapshot of the stored rows, in a transaction that the server keeps from writing. */
function readOnly<T>(database: Database, work: (session: Session) => Promise<T>): Promise<T> {
  return database.transaction(async (session) => {
    await session.run('set transaction isolation level repeatable read, read only');
    return await work(session);
  });
}

/** The newest interval of a view that is settled; null before the first. */
export function unitBefore(view: FeatureView, now: EpochMs): Interval | null {
  const frontier = Math.floor((now - view.settleMs) / view.unitMs) * view.unitMs;
  const end = Math.min(frontier, view.end ?? frontier);
  return end - view.unitMs < view.start ? null : { start: epochMsOf(end - view.unitMs), end: epochMsOf(end) };
}
