// The results of a command's runs: a line for each, a summary, and an exit code.

import type { Message } from '../../core/message.ts';
import { counted, isoSpan, shortSpan } from '../../presentation/format.ts';
import { unevaluatedSentence, warningsOf, warningsSentence } from '../../presentation/runs/checks.ts';
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
    : { style: 'yellow', text: 'waiting' };
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

/** The exit code of a command for `asked` runs, of which `runs` ended or wait. */
export function exitCodeOf(asked: number, runs: readonly RunOverview[]): ExitCode {
  const done = runs.filter(({ state }) => state === 'done').length;
  return exitCodeFor({ asked, done, waiting: runs.filter((run) => !isOver(run)).length });
}

/** Prints the sum of all runs on stdout, and a sentence for each kind of failure or wait on stderr. */
export function printSummary(terminal: Terminal, runs: readonly RunOverview[]): void {
  const done = runs.filter(({ state }) => state === 'done');
  if (done.length > 0) terminal.line(`${counted(done.length, 'run')} done, ${countsText(sumCounts(done))}.`);
  for (const sentence of unevaluatedChecks(done)) terminal.line({ style: 'dim', text: sentence });
  for (const sentence of duplicateWarnings(done)) terminal.warn(sentence);
  for (const sentence of checkWarnings(done)) terminal.warn(sentence);
  for (const [sentence, ids] of failures(runs.filter((run) => !isPlanned(run)))) {
    terminal.warn(`${runsText(ids)}: ${sentence}`);
  }
  for (const sentence of waits(runs.filter(isPlanned))) terminal.warn(sentence);
}

const IDS_SHOWN = 5;

/** `run 17`; `runs 17, 18 and 12 more`, whichever ended first. */
function runsText(ended: readonly number[]): string {
  const ids = ended.toSorted((a, b) => a - b);
  if (ids.length === 1) return `run ${ids[0]}`;
  const more = ids.length - IDS_SHOWN;
  return `runs ${ids.slice(0, IDS_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** One warning per view, for its first run with many duplicates: the others are mostly alike. */
function duplicateWarnings(done: readonly RunOverview[]): string[] {
  const sentences = done.map((run) => [run.view, duplicatesSentence(run.view, run)] as const);
  const warnings = sentences.filter(([, sentence]) => sentence !== '');
  return [...new Map(warnings.toReversed()).values()].toReversed();
}

/** One warning per view, for its newest run that failed checks. */
function checkWarnings(done: readonly RunOverview[]): Message[] {
  return newestSentences(done, ({ id, view, checks }) => warningsSentence(view, { id, warnings: warningsOf(checks) }));
}

/** One sentence per view, for its newest run: earlier ones had less history. */
function unevaluatedChecks(done: readonly RunOverview[]): Message[] {
  const newest = new Map(done.toSorted((one, other) => one.id - other.id).map((run) => [run.view, run]));
  return newestSentences([...newest.values()], unevaluatedSentence);
}

/** Of each view, the sentence of its newest run that has one. */
function newestSentences(done: readonly RunOverview[], sentenceOf: (run: RunOverview) => Message | ''): Message[] {
  const found = done
    .toSorted((one, other) => one.id - other.id)
    .map((run) => [run.view, sentenceOf(run)] as const)
    .filter(([, sentence]) => sentence !== '');
  return [...new Map(found).values()].flatMap((sentence) => (sentence === '' ? [] : [sentence]));
}

/** Whether it is yet to be started, or started again. */
function isPlanned(run: RunOverview): boolean {
  return !isOver(run) && run.state !== 'committed';
}

/** What the runs of each view wait for, one sentence for each kind of wait. */
function waits(runs: readonly RunOverview[]): string[] {
  const alike = Map.groupBy(runs, ({ view, wait }) => `${view} ${wait?.kind} ${codeOf(wait)}`);
  return [...alike.values()].flatMap((group) => {
    const [first] = group.toSorted((one, other) => one.id - other.id);
    if (first === undefined) return [];
    const why = waitingForText(first) ?? '';
    return group.length === 1
      ? `${first.view} is waiting and will be retried: ${why}`
      : `${counted(group.length, 'run')} of ${first.view} are waiting and will be retried; the first: ${why}`;
  });
}

/** Waits after different errors are reported separately. */
function codeOf(wait: Wait | null): string {
  return wait?.kind === 'retry' || wait?.kind === 'publish' ? wait.facts.code : '';
}

/** The problems of runs that are not done, each with its runs. */
function failures(runs: readonly RunOverview[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const run of runs) {
    if (run.state === 'done') continue;
    const sentence = failureText(run);
    found.set(sentence, [...(found.get(sentence) ?? []), run.id]);
  }
  return found;
}

function failureText(run: RunOverview): string {
  if (run.state === 'failed') return run.error?.message ?? `A run of ${run.view} failed.`;
  if (run.state === 'superseded')
    return `The query of ${run.view} changed in the meantime; its intervals are due again.`;
  if (run.state === 'cancelled') return `A run of ${run.view} was cancelled.`;
  return `The rows of ${run.view} are stored but not online yet: ${waitingForText(run) ?? ''}`;
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
    checks: run.checks,
    error: run.error,
    waitingFor: isOver(run) ? null : waitingForText(run),
    wait: isOver(run) ? null : run.wait,
  };
}
