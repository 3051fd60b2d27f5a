// The units of a view that are not covered, each with the reason and the command that fixes it.

import type { Interval } from '../../core/interval.ts';
import { type Message, safe, text } from '../../core/message.ts';
import { explained, within } from '../../plan/explain-spans.ts';
import type { IntervalFacts, SpanRun } from '../../state/queries/interval-facts.ts';
import type { ViewOverview } from '../../state/queries/view-overview.ts';
import { shortInstant } from '../format.ts';
import { noTickText } from '../next-run.ts';
import type { NextTick } from '../next-ticks.ts';
import { errorLine } from '../runs/run-waiting.ts';
import { waitText } from '../runs/waits.ts';
import { skipReason } from '../skip-reason.ts';
import type { Drawn } from './intervals.ts';

export type Hole = {
  readonly span: Interval;
  readonly kind: 'held' | 'skipped' | 'missing' | 'waiting';
  /** The run that failed here, or that waits. */
  readonly run: number | null;
  readonly why: string | Message;
  /** The command that fixes it; null if no command is needed, or another one comes first. */
  readonly command: string | null;
};

/** How many holes of a range `holesOf` leaves out. */
export function holesLeft({ sums: { held, skipped, missing } }: Pick<Drawn, 'sums'>): number {
  return [held, skipped, missing].reduce((left, { count, first }) => left + count - first.length, 0);
}

/** The holes of a range, oldest first; of each kind, only the oldest ones. */
export function holesOf({ status, range, sums, facts, ticks }: Drawn): Hole[] {
  const holes = [
    ...heldHoles(status, sums.held.first, facts),
    ...skippedHoles(status, sums.skipped.first, facts),
    ...facts.open.flatMap((run) => waitingHoles(run, within([run.span], range))),
    ...sums.missing.first.map((span) => missingHole(status, span, ticks)),
  ];
  return holes.sort((a, b) => a.span.start - b.span.start);
}

function heldHoles({ view }: ViewOverview, held: readonly Interval[], { givenUp }: IntervalFacts): Hole[] {
  return explained(held, givenUp).map(({ span, reason }) => ({
    span,
    kind: 'held',
    run: reason?.id ?? null,
    why: reason === null ? 'its run was deleted after the retention period' : heldText(reason),
    command: reason === null ? backfillCommand(view.name, span, 'failed') : `millrace retry ${reason.id}`,
  }));
}

function heldText({ id, state, error }: SpanRun): Message {
  if (state === 'cancelled') return text`run ${safe(id)} was cancelled`;
  return error === null ? text`run ${safe(id)} failed` : text`run ${safe(id)} failed: ${errorLine(error)}`;
}

function skippedHoles({ view }: ViewOverview, skipped: readonly Interval[], facts: IntervalFacts): Hole[] {
  return explained(skipped, facts.skipped).map(({ span, reason }) => ({
    span,
    kind: 'skipped',
    run: null,
    why: reason?.why == null ? '' : skipReason(reason.why),
    command: backfillCommand(view.name, span, 'missing'),
  }));
}

/** The spans of open runs that wait for something. */
function waitingHoles({ id, wait, error }: SpanRun, spans: readonly Interval[]): Hole[] {
  if (wait === null) return [];
  const why = text`run ${safe(id)}: ${waitText(wait, error)}`;
  return spans.map((span) => ({ span, kind: 'waiting', run: id, why, command: null }));
}

/** Due, and no run has been planned for it yet. */
function missingHole(
  { view, edited, isPaused, retired }: ViewOverview,
  span: Interval,
  ticks: readonly NextTick[],
): Hole {
  const hole = { span, kind: 'missing', run: null } as const;
  if (retired) return { ...hole, why: 'the view is retired', command: null };
  if (edited)
    return {
      ...hole,
      why: 'the view has been edited but not deployed yet',
      command: `millrace apply ${view.partsOf ?? view.name}`,
    };
  if (isPaused) return { ...hole, why: 'the view is paused', command: `millrace resume ${view.name}` };
  return { ...hole, why: dueText(ticks), command: `millrace run ${view.name}` };
}

function dueText(ticks: readonly NextTick[]): string {
  const [next] = ticks;
  return next?.at == null ? `due, but ${noTickText(ticks)}` : `due at the next tick of ${next.job}`;
}

const RETRIED_AT_ONCE = 5;

/** The commands that fix the holes of a view, each once, oldest first. */
export function fixCommands(view: string, holes: readonly Hole[]): string[] {
  const failed = holes.filter(({ kind, run }) => kind === 'held' && run !== null);
  const runs = [...new Set(failed.flatMap(({ run }) => run ?? []))].sort((a, b) => a - b);
  const [first] = failed;
  const last = failed.at(-1);
  if (runs.length < 2 || first === undefined || last === undefined) return distinct(holes);
  const all =
    runs.length <= RETRIED_AT_ONCE
      ? `millrace retry ${runs.join(' ')}`
      : backfillCommand(view, { start: first.span.start, end: last.span.end }, 'failed');
  return [all, ...distinct(holes.filter((hole) => !failed.includes(hole)))];
}

function distinct(holes: readonly Hole[]): string[] {
  return [...new Set(holes.flatMap(({ command }) => command ?? []))];
}

function backfillCommand(view: string, { start, end }: Interval, mode: string): string {
  const asked = mode === 'missing' ? '' : `--mode ${mode} `;
  return `millrace backfill ${view} ${asked}--from ${shortInstant(start)} --to ${shortInstant(end)}`;
}
