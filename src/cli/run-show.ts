// millrace runs show: all of one run.

import { humanDuration } from '../core/duration.ts';
import { type Attempt, attemptsOf, type RunEntry, runHistory } from '../state/history.ts';
import { type RunOverview, runOverviews } from '../state/run-overview.ts';
import type { Cli, CommonOptions } from './command.ts';
import { DONE, type ExitCode } from './exit.ts';
import { isOver, isWaiting } from './follow.ts';
import { count, isoOf, isoSpan, shortSpan, utcText } from './format.ts';
import { idArgument, unknownId } from './id-argument.ts';
import { openProject, requireState } from './open.ts';
import { printHistory } from './run-history.ts';
import { nextStep } from './run-next.ts';
import { runStateText } from './run-summary.ts';
import type { Terminal, Text } from './terminal.ts';

export async function showRun(cli: Cli, idText: string, options: CommonOptions): Promise<ExitCode> {
  const id = idArgument(idText, 'run');
  await using open = await openProject(cli, options);
  await requireState(open.app);
  const { database } = open.app;
  const [run] = await runOverviews(database, { ids: [id] });
  if (run === undefined) throw unknownId(id, 'run');
  const history = await runHistory(database, id);
  if (options.json) cli.terminal.json(shownJson(run, history));
  else print(cli.terminal, run, history);
  return DONE;
}

function print(terminal: Terminal, run: RunOverview, history: readonly RunEntry[]): void {
  const attempts = attemptsOf(history);
  const facts: readonly (readonly [string, Text])[] = [
    ['run', `${run.id}  ${run.view}  ${shortSpan(run.span)}`],
    ['why', whyText(history, run)],
    ['state', runStateText(run)],
    ['stage', isOver(run) ? '' : run.stage],
    ['attempt', `${run.attempt} of ${run.attemptsMax}`],
    ...equations(run),
    ['refused', refusedText(run)],
    ['took', tookText(run, attempts.at(-1))],
    ['owner', isOver(run) ? '' : (run.owner ?? '')],
    ['lease until', isOver(run) || run.leaseUntil === null ? '' : utcText(run.leaseUntil)],
    // What it waits for is mostly its error, which is told below.
    ['waits for', isWaiting(run) && run.waitingFor !== run.error?.message ? (run.waitingFor ?? '') : ''],
    ['next', run.nextAttemptAt === null ? '' : utcText(run.nextAttemptAt)],
    ['error', run.error === null ? '' : { style: 'red', text: `${run.error.message} (${run.error.code})` }],
    ...run.notes.map((note) => ['note', note] as const),
  ];
  for (const [name, value] of facts.filter(([, text]) => text !== '')) {
    terminal.line({ style: 'dim', text: name.padEnd(12) }, value);
  }
  terminal.line('');
  printHistory(terminal, history, run.error?.message ?? null);
  terminal.line('');
  terminal.line(nextStep(run));
}

function whyText([planned]: readonly RunEntry[], { reason }: RunOverview): string {
  return planned?.what === 'planned' && planned.backfill !== null ? `backfill ${planned.backfill}` : reason;
}

/** How the counts add up: what was read, and what became of what was accepted, once it is stored. */
function equations({ counts, committedAt }: RunOverview): (readonly [string, Text])[] {
  const { read, accepted, refused, inserted, changed, unchanged, duplicates, removed } = counts;
  const rows: [string, string][] = [
    ['read', `${count(read)} rows = ${count(accepted)} accepted + ${count(refused)} refused`],
  ];
  if (committedAt === null) return rows;
  const became = { inserted, changed, unchanged, duplicates };
  const parts = Object.entries(became).map(([name, value]) => `${count(value)} ${name}`);
  const gone = removed === 0 ? '' : `; ${count(removed)} stored before are removed`;
  return [...rows, ['stored', `${count(accepted)} accepted = ${parts.join(' + ')}${gone}`]];
}

function refusedText({ id, view, counts }: RunOverview): string {
  const reasons = Object.entries(counts.refusedBy).sort((a, b) => b[1] - a[1]);
  if (reasons.length === 0) return '';
  const list = reasons.map(([reason, rows]) => `${reason} ${count(rows)}`).join(', ');
  return `${list}; see them with: millrace quarantine ${view} --run ${id}`;
}

/** `2m 10s: stage 1m 50s, check 3s, commit 12s, publish 5s`. */
function tookText({ startedAt, closedAt }: RunOverview, last: Attempt | undefined): string {
  if (startedAt === null) return '';
  const stages = (last?.stages ?? []).map(({ stage, ms }) => `${stage} ${humanDuration(ms)}`).join(', ');
  const whole = closedAt === null ? '' : humanDuration(closedAt - startedAt);
  return [whole, stages].filter((text) => text !== '').join(': ');
}

/** In JSON the times of the history and of the attempts are ISO text, like all others. */
function shownJson(run: RunOverview, history: readonly RunEntry[]): object {
  return {
    ...runJson(run),
    history: history.map((entry) => ({
      ...entry,
      at: isoOf(entry.at),
      ...('until' in entry ? { until: isoOf(entry.until) } : {}),
      ...('last' in entry && entry.last !== undefined ? { last: isoOf(entry.last) } : {}),
    })),
    attempts: attemptsOf(history).map((attempt) => ({
      ...attempt,
      startedAt: isoOf(attempt.startedAt),
      stages: attempt.stages.map((stage) => ({ ...stage, endedAt: isoOf(stage.endedAt) })),
    })),
    nextStep: nextStep(run),
  };
}

export function runJson(run: RunOverview): object {
  return {
    ...run,
    span: isoSpan(run.span),
    leaseUntil: isoOf(run.leaseUntil),
    nextAttemptAt: isoOf(run.nextAttemptAt),
    plannedAt: isoOf(run.plannedAt),
    startedAt: isoOf(run.startedAt),
    committedAt: isoOf(run.committedAt),
    closedAt: isoOf(run.closedAt),
  };
}
