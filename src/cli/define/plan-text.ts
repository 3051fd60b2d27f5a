// A plan as text: changes first, everything unchanged in one line.

import { formatDuration } from '../../core/duration.ts';
import { cut, type Message, safe, text } from '../../core/message.ts';
import type { JobChange } from '../../plan/job-changes.ts';
import type { JobTicks } from '../../plan/job-ticks.ts';
import { counted, localAndUtc, shortInstant, shortSpan } from '../../presentation/format.ts';
import { unscheduledSentence } from '../../presentation/next-run.ts';
import type { Text } from '../../presentation/text.ts';
import type { HeldRun } from '../../state/queries/held-spans.ts';
import type { Deployment } from '../../state/views/deployment.ts';
import type { Terminal } from '../output/terminal.ts';
import { printChange } from './plan-change.ts';
import { printJobs } from './plan-jobs.ts';
import { printMore } from './plan-more.ts';
import { printTicks } from './plan-ticks.ts';
import type { PlannedView } from './planned-view.ts';

/** Everything that deploying a project would change, and what is due. */
export type Plan = {
  /** The deployment that the project is compared with; null if nothing is deployed yet. */
  readonly newest: Deployment | null;
  readonly migrations: readonly string[];
  readonly views: readonly PlannedView[];
  readonly jobs: readonly JobChange[];
  readonly ticks: readonly JobTicks[];
  /** The views that no job schedules once this is deployed. */
  readonly unscheduled: readonly string[];
};

export type PlanShown = {
  /** The tables are from an older release, so nothing else can be shown. */
  readonly isOld: boolean;
  readonly shows: 'changes' | 'everything';
};

/** Up to this many views are shown one by one, even if they do not change. */
const FEW_VIEWS = 20;
const ROWS_MAX = 50;
const DIFFS_MAX = 10;
const DIFF_LINES_MAX = 30;
const HOLES_MAX = 20;

export function printPlan(terminal: Terminal, plan: Plan, { isOld, shows }: PlanShown): void {
  const limit = (max: number) => (shows === 'everything' ? Number.POSITIVE_INFINITY : max);
  if (isOld) {
    printMigrations(terminal, plan.migrations);
    return;
  }
  printViews(terminal, plan.views, limit);
  printSavings(terminal, plan.views, limit(FEW_VIEWS));
  // The parts of an edited view are settled with it.
  const edited = new Set(plan.views.flatMap(({ name, change }) => (change === 'edited' ? [name] : [])));
  const touched = plan.views.filter(
    ({ diff, change, partsOf }) =>
      (diff.length > 0 || change === 'edited') && (partsOf === undefined || !edited.has(partsOf)),
  );
  for (const view of touched.slice(0, limit(DIFFS_MAX))) printChange(terminal, view, limit(DIFF_LINES_MAX));
  printMore(terminal, touched.length - limit(DIFFS_MAX), 'changed view');
  printHoles(terminal, plan.views, limit(HOLES_MAX));
  printJobs(terminal, plan.jobs, limit(ROWS_MAX));
  printTicks(terminal, plan.ticks);
  terminal.line('');
  const warning = unscheduledSentence(plan.unscheduled);
  if (warning.length > 0) terminal.line({ style: 'yellow', text: warning });
  for (const text of lastLines(plan)) terminal.line({ style: 'dim', text });
}

/** What incremental views read, unless nothing about them changes and there are many views. */
function printSavings(terminal: Terminal, views: readonly PlannedView[], limit: number): void {
  for (const { name, change, incremental } of views) {
    if (incremental === undefined || (change === 'unchanged' && views.length > limit)) continue;
    const [read, window] = [incremental.readMs, incremental.windowMs].map(formatDuration);
    const text = `${name} reads ${read} of its source per unit instead of ${window}, because ${incremental.parts} stores the rest.`;
    terminal.line({ style: 'dim', text });
  }
}

/** The next step. The commands for edits are printed above. */
function lastLines(plan: Plan): string[] {
  const isChange = ({ change }: PlannedView | JobChange) => change !== 'unchanged' && change !== 'edited';
  const hasChanges = plan.migrations.length > 0 || [...plan.views, ...plan.jobs].some(isChange);
  const edited = plan.views.filter(({ change }) => change === 'edited').length;
  if (!hasChanges && edited === 0) return [`Nothing to apply (${against(plan)}).`];
  return [
    hasChanges ? `Deploy with: millrace apply (${against(plan)})` : '',
    edited === 0 ? '' : `${counted(edited, 'view needs', 'views need')} your decision: see the commands above.`,
  ].filter((text) => text !== '');
}

function against({ newest }: Plan): string {
  if (newest === null) return 'nothing is deployed yet';
  return `generation ${newest.generation}, deployed at ${localAndUtc(newest.at, 'UTC')}`;
}

function printMigrations(terminal: Terminal, migrations: readonly string[]): void {
  terminal.line(
    `The tables in Postgres are from an older release; these migrations run first: ${migrations.join(', ')}.`,
  );
  terminal.line('To see what else would change, run "millrace migrate" and then "millrace plan" again.');
}

const MARKS: Record<PlannedView['change'], Text> = {
  added: { style: 'green', text: '+ added' },
  returned: { style: 'green', text: '+ returned' },
  changed: { style: 'yellow', text: '~ changed' },
  edited: { style: 'red', text: '! edited' },
  retired: { style: 'yellow', text: '- retired' },
  unchanged: { style: 'dim', text: '  unchanged' },
};

function printViews(terminal: Terminal, views: readonly PlannedView[], limit: (max: number) => number): void {
  if (views.length === 0) {
    terminal.line('The project has no views.');
    return;
  }
  const areFew = views.length <= limit(FEW_VIEWS);
  const rows = views.filter(({ change }) => areFew || change !== 'unchanged');
  const rest = areFew ? [] : views.filter(({ change }) => change === 'unchanged');
  if (rows.length > 0) {
    terminal.table(
      ['CHANGE', 'VIEW', 'DUE', 'SPAN'],
      rows.slice(0, limit(ROWS_MAX)).map((view) => [MARKS[view.change], view.name, dueText(view), spanText(view)]),
    );
  }
  printMore(terminal, rows.length - limit(ROWS_MAX), 'changed view');
  if (rest.length > 0) terminal.line({ style: 'dim', text: restText(rest) });
}

/** `1,980 views unchanged: 30 have 45 units due, 2 are paused`. */
function restText(views: readonly PlannedView[]): string {
  const due = views.filter(({ units }) => units > 0);
  const units = due.reduce((sum, view) => sum + view.units, 0);
  const paused = views.filter(({ pausedReason }) => pausedReason !== null).length;
  const parts = [
    due.length === 0 ? '' : `${counted(units, 'unit')} of ${counted(due.length, 'view')} due`,
    paused === 0 ? '' : `${counted(paused, 'view')} paused`,
  ].filter((part) => part !== '');
  const facts = parts.length === 0 ? '' : `: ${parts.join(', ')}`;
  return `${counted(views.length, 'view')} unchanged${facts} (show all with --all)`;
}

function dueText({ change, runs, units, leftUnits, lookbackUnits, skippedUnits, pausedReason }: PlannedView): string {
  if (change === 'retired') return 'no more runs; stored rows are kept';
  if (change === 'edited') return 'needs your decision';
  const parts = [
    runs.length === 0 ? 'nothing' : `${counted(runs.length, 'run')}, ${counted(units, 'unit')}`,
    leftUnits === 0 ? '' : `${counted(leftUnits, 'more unit')} when those finish`,
    lookbackUnits === 0 ? '' : `${lookbackUnits} of them read again`,
    skippedUnits === 0 ? '' : `${counted(skippedUnits, 'unit')} skipped by catch_up`,
    pausedReason === null ? '' : 'paused',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function spanText({ runs }: PlannedView): string {
  const [first] = runs;
  const last = runs.at(-1);
  if (first === undefined || last === undefined) return '';
  if (first === null || last === null) return shortSpan(null);
  return `[${shortInstant(first.start)}, ${shortInstant(last.end)})`;
}

/** What is missing before the newest stored unit, and why. */
function printHoles(terminal: Terminal, views: readonly PlannedView[], max: number): void {
  const rows = views.flatMap((view): Text[][] => [
    ...view.held.map(({ span, run }) => [
      view.name,
      { style: 'red', text: 'held' } as const,
      shortSpan(span),
      whyHeld(run),
    ]),
    ...view.skipped.map((span) => [
      view.name,
      'skipped',
      shortSpan(span),
      'skipped by catch_up; to materialize it, run millrace backfill',
    ]),
  ]);
  if (rows.length === 0) return;
  terminal.line('');
  terminal.table(['VIEW', 'MISSING', 'SPAN', 'WHY'], rows.slice(0, max));
  const all = views.reduce((sum, { heldSpans, skippedSpans }) => sum + heldSpans + skippedSpans, 0);
  printMore(terminal, Math.max(all, rows.length) - Math.min(max, rows.length), 'span');
}

const WHY_CHARACTERS_MAX = 200;

function whyHeld(run: HeldRun | null): string | Message {
  if (run === null) return 'its run was deleted after the retention period';
  if (run.state === 'cancelled') return `run ${run.id} was cancelled`;
  const { code, parts } = run.error ?? { code: 'BUG', parts: [] };
  return text`run ${safe(run.id)}: ${safe(code)}: ${cut(parts, WHY_CHARACTERS_MAX - 1)}`;
}
