// How the runs of a command ended: lines while they do, a summary, and an exit code.

import { counted, isoSpan, shortSpan } from '../../presentation/format.ts';
import { duplicatesSentence } from '../../presentation/runs/duplicates.ts';
import { countsText } from '../../presentation/runs/run-facts.ts';
import { waitingForText } from '../../presentation/runs/waits.ts';
import type { Text } from '../../presentation/text.ts';
import type { RunOverview } from '../../state/queries/run-overview.ts';
import { NO_COUNTS, type RunCounts } from '../../state/runs/run.ts';
import { isOver } from '../../state/runs/states.ts';
import type { Wait } from '../../state/runs/wait.ts';
import { type ExitCode, exitCodeFor } from '../exit.ts';
import type { Terminal } from '../output/terminal.ts';

/** `run 17  customer_orders  [2026-09-01, 2026-09-02)  done  12 rows read, 12 inserted`. */
export function runLine(run: RunOverview): Text[] {
  const state: Text = isOver(run)
    ? { style: run.state === 'done' ? 'green' : 'red', text: run.state }
    : { style: 'yellow', text: 'waits' };
  const rest = run.state === 'done' ? `  ${countsText(run.counts)}` : '';
  return [`run ${run.id}  ${run.view}  ${shortSpan(run.span)}  `, state, rest];
}

export function sumCounts(runs: readonly { readonly counts: RunCounts }[]): RunCounts {
  const refusedBy: Record<string, number> = {};
  const sum = { ...NO_COUNTS, refusedBy };
  return runs.reduce<RunCounts>((total, { counts }) => {
    for (const [reason, rows] of Object.entries(counts.refusedBy)) refusedBy[reason] = (refusedBy[reason] ?? 0) + rows;
    return {
      refusedBy,
      read: total.read + counts.read,
      accepted: total.accepted + counts.accepted,
      refused: total.refused + counts.refused,
      inserted: total.inserted + counts.inserted,
      changed: total.changed + counts.changed,
      unchanged: total.unchanged + counts.unchanged,
      duplicates: total.duplicates + counts.duplicates,
      removed: total.removed + counts.removed,
      kept: total.kept + counts.kept,
    };
  }, sum);
}

/** The exit code of a command that was asked for so many runs, of which these are over or wait. */
export function exitCodeOf(asked: number, runs: readonly RunOverview[]): ExitCode {
  const done = runs.filter(({ state }) => state === 'done').length;
  return exitCodeFor({ asked, done, waiting: runs.filter((run) => !isOver(run)).length });
}

/** The sum of all runs on stdout, and one sentence for each way in which some failed or wait, on stderr. */
export function printSummary(terminal: Terminal, runs: readonly RunOverview[]): void {
  const done = runs.filter(({ state }) => state === 'done');
  if (done.length > 0) terminal.line(`${counted(done.length, 'run')} done: ${countsText(sumCounts(done))}.`);
  for (const sentence of duplicated(done)) terminal.warn(sentence);
  for (const [sentence, ids] of troubles(runs.filter((run) => !isPlanned(run)))) {
    const also = ids.length === 1 ? '' : ` (${counted(ids.length, 'run')})`;
    terminal.warn(`${sentence}${also}`);
  }
  for (const sentence of waits(runs.filter(isPlanned))) terminal.warn(sentence);
}

/** Of each view the first run with many duplicates: the others are mostly like it. */
function duplicated(done: readonly RunOverview[]): string[] {
  const sentences = done.map((run) => [run.view, duplicatesSentence(run.view, run)] as const);
  const told = sentences.filter(([, sentence]) => sentence !== '');
  return [...new Map(told.toReversed()).values()].toReversed();
}

/** Whether it is yet to be begun, or begun again. */
function isPlanned(run: RunOverview): boolean {
  return !isOver(run) && run.state !== 'committed';
}

/** What the runs of each view wait for: one sentence for each kind of wait. */
function waits(runs: readonly RunOverview[]): string[] {
  const alike = Map.groupBy(runs, ({ view, wait }) => `${view} ${wait?.kind} ${codeOf(wait)}`);
  return [...alike.values()].flatMap((group) => {
    const [first] = group.toSorted((one, other) => one.id - other.id);
    if (first === undefined) return [];
    const why = waitingForText(first) ?? '';
    return group.length === 1
      ? `${first.view} waits, and will be tried again: ${why}`
      : `${counted(group.length, 'run')} of ${first.view} wait, and will be tried again; the first: ${why}`;
  });
}

/** Waits after different errors are not alike. */
function codeOf(wait: Wait | null): string {
  return wait?.kind === 'retry' || wait?.kind === 'publish' ? wait.facts.code : '';
}

/** What keeps runs from being done, each with the runs it concerns. */
function troubles(runs: readonly RunOverview[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const run of runs) {
    if (run.state === 'done') continue;
    const sentence = troubleOf(run);
    found.set(sentence, [...(found.get(sentence) ?? []), run.id]);
  }
  return found;
}

function troubleOf(run: RunOverview): string {
  if (run.state === 'failed') return run.error?.message ?? `A run of ${run.view} failed.`;
  if (run.state === 'superseded') return `The query of ${run.view} was changed meanwhile; its spans are due again.`;
  if (run.state === 'cancelled') return `A run of ${run.view} was cancelled.`;
  return `The rows of ${run.view} are stored, and will be online as soon as that works: ${waitingForText(run) ?? ''}`;
}

export function runsJson(runs: readonly RunOverview[]): object {
  return {
    done: runs.filter(({ state }) => state === 'done').length,
    failed: runs.filter(({ state }) => state === 'failed').length,
    waiting: runs.filter((run) => !isOver(run)).length,
    counts: sumCounts(runs.filter(({ state }) => state === 'done')),
    runs: runs.map(runJson),
  };
}

export function runJson(run: RunOverview): object {
  return {
    id: run.id,
    view: run.view,
    span: isoSpan(run.span),
    state: run.state,
    counts: run.counts,
    error: run.error,
    waitingFor: isOver(run) ? null : waitingForText(run),
    wait: isOver(run) ? null : run.wait,
  };
}
