// extract: the source's rows are checked and written to the staging tables of this attempt.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import { partsQuery } from '../../offline/parts.ts';
import { rangeOfRun } from '../../offline/row-range.ts';
import { createStaging, fillStaging, plainStagingColumns, refusedTable, stagingTable } from '../../offline/staging.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import type { RowBatch } from '../../rows/batch.ts';
import { createRowCheck, type RowCheck } from '../../rows/check.ts';
import { requireColumns, type StagingColumn, stagingColumns } from '../../rows/layout.ts';
import type { BackfillPlaces } from '../../sources/backfill-places.ts';
import { type Extraction, openReading, type Source } from '../../sources/source.ts';
import { countRefused } from '../../state/inbox/drain.ts';
import { dropStaging } from '../../state/runs/close.ts';
import { endStage } from '../../state/runs/record-stage.ts';
import type { Run } from '../../state/runs/run.ts';
import { filesReadBefore, type RunFile, recordFiles } from '../../state/runs/run-files.ts';
import type { Wait } from '../../state/runs/wait.ts';
import { recordReading } from '../../state/views/coverage.ts';
import { readInbox } from '../inbox-reading.ts';
import { Snooze } from '../outcome.ts';
import { refuseByChecks, withRefused } from '../refuse-by-checks.ts';
import { createRefusedLines, REFUSED_COLUMNS, type RefusedLines } from '../refused-lines.ts';
import { requireRowsMax } from '../rules.ts';
import type { Stage } from '../stage.ts';
import { createTally, type Tally } from '../tally.ts';
import { requireViews } from '../wait-for-views.ts';

export type ExtractOptions = {
  readonly database: Database;
  /** The source of a connection. @throws Failure DEFINITION_INVALID if this process has no such connection. */
  readonly sourceOf: (name: string) => Source;
  readonly backfillPlaces: BackfillPlaces;
  /** The offline store as a source: incremental views read their parts from it. */
  readonly parts: Source;
  /** How long a run waits before it checks for its missing files again. */
  readonly missingFilesDelayMs: number;
  /** How long a run of an incremental view waits before it checks for its parts again. */
  readonly earlierViewsDelayMs: number;
  readonly openTransactionDelayMs: number;
};

/** Enough for each reason to see the problem; all are counted. */
const REFUSED_DETAILED_PER_REASON = 100;
/** All of them, as Postgres counts rows. */
const ALL_DETAILED = 2 ** 31 - 1;
const FUTURE_ALLOWED_MICROS = 300_000_000;

export function extractStage(options: ExtractOptions): Stage {
  return {
    name: 'extract',
    perform: async (run, signal) => {
      await dropStaging(options.database, [run.stagingTable, run.refusedTable]);
      const begunAtMicros = await recordReading(options.database, run);
      // Before the transaction, which the server would end if it stayed idle while a source computes.
      await using extracted = await extract({ ...options, begunAtMicros }, run, signal);
      // One transaction: a crash leaves no table behind.
      return await options.database.transaction((session) => stageRows(session, run, extracted, signal), signal);
    },
  };
}

/** Pushed rows are nowhere else: their source does not return them again. */
function detailedPerReason({ kind }: FeatureView): number {
  return kind === 'pushed' ? ALL_DETAILED : REFUSED_DETAILED_PER_REASON;
}

async function stageRows(session: Session, run: Run, extracted: Extracted, signal: AbortSignal): Promise<Run> {
  const staged = await fillTables(session, run, extracted, signal);
  if (extracted.files !== null) await recordFiles(session, run, extracted.files);
  const checked = await refuseByChecks(session, run, { ...staged, detailed: detailedPerReason(run.view) });
  const counts = withRefused(extracted.tally.counts(), checked.rows);
  if (run.view.kind === 'pushed' && counts.refused > 0) await countRefused(session, run, staged.stagingTable);
  const lines = extracted.refused.count() + checked.rows;
  if (counts.accepted > ANALYZE_FROM_ROWS) await session.run(`analyze ${staged.stagingTable}`);
  if (lines > ANALYZE_FROM_ROWS) await session.run(`analyze ${checked.refusedTable}`);
  return endStage(session, run, 'extract', {
    ...staged,
    refusedTable: checked.refusedTable,
    stagedRows: counts.accepted,
    keptRefusedRows: lines,
    counts,
    notes: extracted.notes,
    withoutFiles: extracted.files?.length === 0,
  });
}

type Filled = { readonly stagingTable: string; readonly refusedTable: string | null };

/**
 * Fills the table of accepted rows and, if there are any, the table of refused rows. A session copies into one table at
 * a time, so accepted rows pause whenever many refused rows wait.
 */
async function fillTables(session: Session, run: Run, extracted: Extracted, signal: AbortSignal): Promise<Filled> {
  const { view } = run;
  const { refused, columns } = extracted;
  const staging = stagingTable(run);
  let refusedRows: string | null = null;
  await createStaging(session, staging, columns);
  for (let turn = extracted.turn(); turn !== null; turn = extracted.turn()) {
    await fillStaging(session, { table: staging, view }, turn, signal);
    const lines = refused.take();
    if (lines === '') continue;
    if (refusedRows === null) await createStaging(session, refusedTable(run), REFUSED_COLUMNS);
    refusedRows = refusedTable(run);
    await fillStaging(session, { table: refusedRows, view }, [lines], signal);
  }
  return { stagingTable: staging, refusedTable: refusedRows };
}

/** Below this, wrong statistics do no harm, and analyzing costs more than it saves. */
const ANALYZE_FROM_ROWS = 10_000;

type Extracted = AsyncDisposable & {
  readonly columns: readonly StagingColumn[];
  /** The next lines of accepted rows, until many refused ones wait; null at the end. */
  turn(): AsyncIterable<string> | null;
  /** Both are complete only after the last turn. */
  readonly tally: Tally;
  readonly refused: RefusedLines;
  readonly notes: readonly string[];
  /** The files that are read; null if the source has none. */
  readonly files: readonly RunFile[] | null;
};

/** When the stage began, on the clock of the database. */
type Begun = { readonly begunAtMicros: number };

async function extract(options: ExtractOptions & Begun, run: Run, signal: AbortSignal): Promise<Extracted> {
  const { database, sourceOf, parts, missingFilesDelayMs, openTransactionDelayMs, begunAtMicros } = options;
  const extraction: Extraction = { view: run.view, span: run.span, ...(await readBefore(database, run)) };
  await using begun = new AsyncDisposableStack();
  try {
    const reading = run.view.kind === 'pushed' ? await readInbox(database, run) : begun.use(await openSourceRows());
    const layout = requireColumns(run.view, reading.columns);
    const check = createRowCheck({
      view: run.view,
      layout,
      range: rangeOfRun(run.view, run.span),
      latestAllowedMicros: FUTURE_ALLOWED_MICROS + (run.span === null ? await nowMicros(database) : begunAtMicros),
    });
    const tally = createTally();
    const refused = createRefusedLines(detailedPerReason(run.view));
    const lines = checkedLines({ run, check, tally, refused }, reading.rows());
    const kept = begun.move();
    return {
      columns: stagingColumns(run.view, layout),
      turn: turnsOf(lines, refused),
      tally,
      refused,
      notes: reading.notes ?? [],
      files: reading.files,
      [Symbol.asyncDispose]: async () => {
        // Not awaited: it ends only with the reading, and the source may be silent.
        void lines.return(undefined).catch(() => undefined);
        await kept.disposeAsync();
      },
    };
  } catch (error) {
    return withoutFiles(error, run, missingFilesDelayMs);
  }

  async function openSourceRows() {
    const combined = combiningView(run.view);
    if (combined !== null) {
      await requireViews(database, run, options.earlierViewsDelayMs);
      return openReading(parts, { view: combined, span: run.span }, signal);
    }
    const source = sourceOf(run.view.source);
    const places = run.reason === 'backfill' ? options.backfillPlaces(run.view.source) : null;
    if (places !== null) {
      await places.take(signal);
      begun.defer(() => places.give());
    }
    if (run.view.safeBound === true) await requireNothingOpen(source, extraction, openTransactionDelayMs, signal);
    return openReading(source, extraction, signal);
  }
}

/** An incremental view as a view over its parts; null for other views. */
function combiningView(view: FeatureView): FeatureView | null {
  const query = partsQuery(view);
  if (query === null) return null;
  const { declared: _, incremental: __, ...rest } = view;
  return { ...rest, query, files: null };
}

/** Detects a missing file, which would otherwise be silently absent from the result. */
async function readBefore(database: Database, run: Run): Promise<Pick<Extraction, 'readBefore'>> {
  if (run.view.files === null || run.view.incremental === true) return {};
  const runs = await filesReadBefore(database, run);
  return { readBefore: { runs, ...(run.options.allowRemovals ? { mayVanish: true } : {}) } };
}

/** @throws Snooze while the source may still commit rows of the span. */
async function requireNothingOpen(
  source: Source,
  extraction: Extraction,
  delayMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { name, source: connection } = extraction.view;
  if (source.mustWait === undefined) {
    const what = text`View ${safe(name)} has safe_bound, but its source ${safe(connection)} is not Postgres, and only Postgres reports its open transactions: remove safe_bound, and use settle and lookback instead.`;
    throw new Failure('DEFINITION_INVALID', what, { view: name });
  }
  const facts = await source.mustWait(extraction, signal);
  if (facts !== null) throw new Snooze({ kind: 'source', facts }, delayMs);
}

/** A string for each batch, '' if none of it was accepted. */
async function* checkedLines(
  { run, check, tally, refused }: { run: Run; check: RowCheck; tally: Tally; refused: RefusedLines },
  batches: AsyncIterable<RowBatch>,
): AsyncGenerator<string> {
  for await (const batch of batches) {
    const checked = check.check(batch);
    tally.add(checked);
    refused.add(checked.refused);
    requireRowsMax(run, tally.read());
    yield checked.text;
  }
}

/** Cuts the lines into turns, without closing them at the end of one. */
function turnsOf(lines: AsyncGenerator<string>, refused: RefusedLines): Extracted['turn'] {
  let isOver = false;
  async function* nextTurn(): AsyncGenerator<string> {
    while (!refused.isLarge()) {
      const { done, value } = await lines.next();
      if (done === true) {
        isOver = true;
        return;
      }
      if (value !== '') yield value;
    }
  }
  return () => (isOver ? null : nextTurn());
}

function filesWait({ facts }: Failure): Wait {
  return { kind: 'files', facts: { pattern: String(facts['pattern'] ?? ''), place: String(facts['place'] ?? '') } };
}

/** The view decides about an interval without a file. */
function withoutFiles(error: unknown, run: Run, delayMs: number): Extracted {
  if (!(error instanceof Failure) || error.code !== 'FILES_MISSING') throw error;
  if (error.facts['onMissing'] === 'wait') throw new Snooze(filesWait(error), delayMs);
  if (error.facts['onMissing'] !== 'empty') throw error;
  const refused = createRefusedLines(0);
  return {
    columns: plainStagingColumns(run.view),
    turn: turnsOf(noLines(), refused),
    tally: createTally(),
    refused,
    notes: [error.message],
    files: [],
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function* noLines(): AsyncGenerator<string> {}

/** A view of kind latest has the time of its query, which may begin long after the stage. */
async function nowMicros(database: Database): Promise<number> {
  const [row] = await database.query<{ micros: number }>(
    `select (extract(epoch from millrace.now()) * 1000000)::bigint as micros`,
  );
  return row?.micros ?? 0;
}
