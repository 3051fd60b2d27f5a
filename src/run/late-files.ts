// Late files: when a file appears or changes after its interval was covered, the interval is read again.

import { Failure, messageOf } from '../core/failure.ts';
import { formatInterval } from '../core/interval.ts';
import type { Log } from '../core/log.ts';
import type { Database } from '../postgres/database.ts';
import type { Source, UnitFiles } from '../sources/source.ts';
import { markLate, type RunOfFiles, type ViewOfFiles, viewsOfFiles } from '../state/planning/late-files.ts';
import { digestOfFiles, filesOfRun } from '../state/runs/run-files.ts';

export type LateFilesOptions = {
  readonly database: Database;
  readonly sourceOf: (name: string) => Source;
  readonly log: Log;
};

/**
 * Compares current files with the files that were read, and marks differing spans as stale. Repeating it changes
 * nothing.
 */
export async function lookForLateFiles(options: LateFilesOptions, signal: AbortSignal): Promise<void> {
  for (const looked of await viewsOfFiles(options.database)) {
    signal.throwIfAborted();
    try {
      await lookAtView(options, looked, signal);
    } catch (error) {
      signal.throwIfAborted();
      // An unavailable source is checked again next time; it does not block the others.
      options.log.warn('files.unseen', { view: looked.view.name, why: whyOf(looked.view, error) });
    }
  }
}

/** For a redacted view only the code: error messages and file names of a source may quote values. */
function whyOf({ redacted }: ViewOfFiles['view'], error: unknown): string {
  if (!redacted) return messageOf(error);
  return error instanceof Failure ? error.code : 'BUG';
}

async function lookAtView(options: LateFilesOptions, looked: ViewOfFiles, signal: AbortSignal): Promise<void> {
  const { view, runs } = looked;
  const spans = runs.flatMap((run) => run.spans);
  const units = (await options.sourceOf(view.source).filesOfUnits?.(view, spans, signal)) ?? [];
  for (const run of runs) {
    const own = units.filter(({ unit }) => run.spans.some(({ start, end }) => unit.start >= start && unit.end <= end));
    if (run.digest === digestOfFiles(distinct(own))) continue;
    await compare(options, looked, run, own);
  }
}

async function compare(
  { database, log }: LateFilesOptions,
  { viewId, view }: ViewOfFiles,
  { runId }: RunOfFiles,
  units: readonly UnitFiles[],
): Promise<void> {
  const read = await filesOfRun(database, runId);
  for (const { unit, files } of units) {
    // A deleted file changes nothing: its rows stay.
    const late = files.filter(({ name, version }) => read.get(name) !== version);
    const [first] = late;
    if (first === undefined) continue;
    const change = read.has(first.name) ? 'changed' : 'appeared';
    const facts = { file: first.name, change, others: late.length - 1 } as const;
    if (!(await markLate(database, { viewId, runId, unit }, { kind: 'late_file', facts }))) continue;
    const file = view.redacted ? {} : { file: first.name };
    log.info('file.late', { view: view.name, span: formatInterval(unit), ...file });
  }
}

function distinct(units: readonly UnitFiles[]) {
  return [...new Map(units.flatMap(({ files }) => files.map((file) => [file.name, file] as const))).values()];
}
