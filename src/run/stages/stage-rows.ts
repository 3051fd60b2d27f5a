// stage: the source's rows, checked, into staging tables of this attempt.

import { Failure } from '../../core/failure.ts';
import { rangeOfRun } from '../../offline/replace.ts';
import { fillStaging, plainStagingColumns, refusedTable, stagingTable } from '../../offline/staging.ts';
import { escapeCopy } from '../../postgres/copy.ts';
import type { Database, Session } from '../../postgres/database.ts';
import type { RowBatch } from '../../rows/batch.ts';
import { createRowCheck, type RowCheck } from '../../rows/check.ts';
import { requireColumns, type StagingColumn, stagingColumns } from '../../rows/layout.ts';
import type { RefusedRow } from '../../rows/refusal.ts';
import { type Extraction, openReading, type Source } from '../../sources/source.ts';
import { dropStaging } from '../../state/close.ts';
import { recordReading } from '../../state/coverage.ts';
import { recordStage } from '../../state/record-stage.ts';
import type { Run } from '../../state/run.ts';
import { type RunFile, recordFiles } from '../../state/run-files.ts';
import { Snooze } from '../outcome.ts';
import type { Stage } from '../stage.ts';
import { createTally, type Tally } from '../tally.ts';

export type StageRowsOptions = {
  readonly database: Database;
  /** The source of a connection's name. @throws Failure DEFINITION_INVALID where this process knows no such connection. */
  readonly sourceOf: (name: string) => Source;
  /** How long a run waits before it looks for its missing files again. */
  readonly missingFilesDelayMs: number;
};

/** Enough of each kind to see what is wrong; all are counted. */
const REFUSED_KEPT_PER_REASON = 100;
const FUTURE_ALLOWED_SECONDS = 300;
/** How soon a source that may still commit rows of a span is asked again. */
const OPEN_TRANSACTION_DELAY_MS = 10_000;
const REFUSED_COLUMNS: StagingColumn[] = [
  { name: 'reason', sqlType: 'text' },
  { name: 'detail', sqlType: 'text' },
  { name: 'row', sqlType: 'jsonb' },
];

export function stageRowsStage(options: StageRowsOptions): Stage {
  return {
    name: 'stage',
    perform: async (run, signal) => {
      await dropStaging(options.database, [run.stagingTable, run.refusedTable]);
      await recordReading(options.database, run);
      // Before the transaction, which the server ends if it stays idle while a source thinks.
      await using extracted = await extract(options, options.database, run, signal);
      // One transaction: a crash on the way leaves no table behind.
      return await options.database.transaction((session) => stageRows(session, run, extracted, signal), signal);
    },
  };
}

async function stageRows(session: Session, run: Run, extracted: Extracted, signal: AbortSignal): Promise<Run> {
  const staging = stagingTable(run);
  const { view } = run;
  await fillStaging(session, { table: staging, columns: extracted.columns, view }, extracted.lines, signal);
  const kept = extracted.tally.kept();
  const refused = kept.length === 0 ? null : refusedTable(run);
  if (refused !== null) {
    await fillStaging(session, { table: refused, columns: REFUSED_COLUMNS, view }, refusedLines(kept), signal);
  }
  if (extracted.files !== null) await recordFiles(session, run, extracted.files);
  const counts = extracted.tally.counts();
  if (counts.accepted > ANALYZE_FROM_ROWS) await session.run(`analyze ${staging}`);
  return recordStage(session, run, {
    stage: 'check',
    stagingTable: staging,
    refusedTable: refused,
    stagedRows: counts.accepted,
    keptRefusedRows: kept.length,
    counts,
    note: extracted.note,
    withoutFiles: extracted.note !== null,
  });
}

/** Below this the planner's guess does no harm, and analyzing costs more than it saves. */
const ANALYZE_FROM_ROWS = 10_000;

type Extracted = AsyncDisposable & {
  readonly columns: readonly StagingColumn[];
  readonly lines: AsyncIterable<string | Buffer>;
  /** Whole only after the lines were read to their end. */
  readonly tally: Tally;
  readonly note: string | null;
  /** Which files are read; null where the source has none. */
  readonly files: readonly RunFile[] | null;
};

async function extract(
  { sourceOf, missingFilesDelayMs }: StageRowsOptions,
  database: Database,
  run: Run,
  signal: AbortSignal,
): Promise<Extracted> {
  const extraction: Extraction = { view: run.view, span: run.span };
  const source = sourceOf(run.view.source);
  if (run.view.safeBound === true) await requireNothingOpen(source, extraction, signal);
  await using begun = new AsyncDisposableStack();
  try {
    const reading = begun.use(await openReading(source, extraction, signal));
    const layout = requireColumns(run.view, reading.columns);
    const check = createRowCheck({
      view: run.view,
      layout,
      range: rangeOfRun(run.view, run.span),
      latestAllowedMicros: await latestAllowed(database),
    });
    const tally = createTally(REFUSED_KEPT_PER_REASON);
    const lines = checkedLines({ check, tally }, reading.rows());
    const kept = begun.move();
    return {
      columns: stagingColumns(run.view, layout),
      lines,
      tally,
      note: null,
      files: reading.files,
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    };
  } catch (error) {
    return withoutFiles(error, run, missingFilesDelayMs);
  }
}

/** @throws Snooze while the source may still commit rows of the span. */
async function requireNothingOpen(source: Source, extraction: Extraction, signal: AbortSignal): Promise<void> {
  const { name, source: connection } = extraction.view;
  if (source.mustWait === undefined) {
    const what = `View ${name} says safe_bound, and its source ${connection} is no Postgres, which alone says what is open.`;
    throw new Failure('DEFINITION_INVALID', what, { view: name });
  }
  const why = await source.mustWait(extraction, signal);
  if (why !== null) throw new Snooze(`View ${name}: ${why}.`, OPEN_TRANSACTION_DELAY_MS);
}

async function* checkedLines(
  { check, tally }: { check: RowCheck; tally: Tally },
  batches: AsyncIterable<RowBatch>,
): AsyncGenerator<string> {
  for await (const batch of batches) {
    const checked = check.check(batch);
    tally.add(checked);
    if (checked.text !== '') yield checked.text;
  }
}

/** What a view does about an interval that has no file is the view's choice. */
function withoutFiles(error: unknown, run: Run, delayMs: number): Extracted {
  if (!(error instanceof Failure) || error.code !== 'FILES_MISSING') throw error;
  if (error.facts['onMissing'] === 'wait') throw new Snooze(error.message, delayMs);
  if (error.facts['onMissing'] !== 'empty') throw error;
  return {
    columns: plainStagingColumns(run.view),
    lines: noLines(),
    tally: createTally(0),
    note: error.message,
    files: [],
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function* noLines(): AsyncGenerator<string> {}

async function* refusedLines(refused: readonly RefusedRow[]): AsyncGenerator<string> {
  for (const { reason, detail, row } of refused) {
    yield `${escapeCopy(reason)}\t${escapeCopy(detail)}\t${escapeCopy(JSON.stringify(row))}\n`;
  }
}

async function latestAllowed(database: Database): Promise<number> {
  const [row] = await database.query<{ micros: number }>(
    `select (extract(epoch from millrace.now() + make_interval(secs => $1)) * 1000000)::bigint as micros`,
    [FUTURE_ALLOWED_SECONDS],
  );
  return row?.micros ?? 0;
}
