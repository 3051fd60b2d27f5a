// millrace status: every view as it stands.

import { humanDuration } from '../core/duration.ts';
import { type EpochMs, formatInstant } from '../core/instant.ts';
import { ticksAfter } from '../definition/cron.ts';
import type { Job } from '../definition/job.ts';
import { formatProblem } from '../definition/problem.ts';
import { jobsOf } from '../plan/explain.ts';
import type { Database } from '../postgres/database.ts';
import { isStatePresent, type ViewOverview, viewOverviews } from '../state/overview.ts';
import { aliveProcesses } from '../state/processes.ts';
import { addCommand, type Cli, type CommonOptions, end } from './command.ts';
import { editSentence } from './edit-sentence.ts';
import { DONE, type ExitCode } from './exit.ts';
import { count, counted, isoOf, isoSpan, localAndUtc, shortInstant, unitsOf } from './format.ts';
import { heldSentence } from './nothing-due.ts';
import { requireApplied } from './open.ts';
import { openState } from './open-state.ts';
import { waitingLine } from './run-trouble.ts';
import type { Terminal, Text } from './terminal.ts';

/** A view with the next tick of any job that names it. */
type Status = ViewOverview & { readonly next: { readonly at: EpochMs; readonly zone: string } | null };

type AliveCounts = { readonly schedulers: number; readonly workers: number };

export function addStatus(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'status [view...]',
    summary: 'show every view as it stands',
    notes: [
      'WATERMARK is the end of what is covered without a gap, LAG how far that is behind what is',
      'settled, and HOLES are gaps before the newest covered unit.',
    ],
    examples: ['status', 'status customer_orders --json'],
  }).action((views: string[], options: CommonOptions) => end(cli, status(cli, views, options)));
}

async function status(cli: Cli, names: readonly string[], options: CommonOptions): Promise<ExitCode> {
  await using open = await openState(cli, options);
  const { database } = open.app;
  for (const name of names) await requireApplied(open.app, name);
  const isPresent = await isStatePresent(database);
  const overviews = isPresent ? await viewOverviews(database) : [];
  const views = overviews
    .filter(({ view }) => names.length === 0 || names.includes(view.name))
    .map((one) => ({ ...one, next: nextTick(one, open.jobs ?? [], cli.clock.now()) }));
  const processes = isPresent ? await countAlive(database) : { schedulers: 0, workers: 0 };
  const problems = open.problems.map(formatProblem);
  if (options.json) {
    cli.terminal.json({ views: views.map(statusJson), processes, problems });
    return DONE;
  }
  if (views.length === 0) cli.terminal.line('Nothing has been applied yet: run "millrace apply".');
  else printTable(cli.terminal, views);
  const notes = [...views.flatMap(notesOf), ...missingProcesses(views, processes), ...brokenNotes(problems)];
  if (notes.length > 0) cli.terminal.line('');
  for (const note of notes) cli.terminal.line(note);
  return DONE;
}

async function countAlive(database: Database): Promise<AliveCounts> {
  const alive = await aliveProcesses(database);
  const of = (wanted: string) => alive.filter(({ kind }) => kind === wanted).length;
  return { schedulers: of('scheduler'), workers: of('worker') };
}

function nextTick({ view, retired }: ViewOverview, jobs: readonly Job[], now: EpochMs): Status['next'] {
  if (retired) return null;
  const ticks = jobsOf(view, jobs).flatMap(({ cron, timezone }) =>
    ticksAfter(cron, timezone, now, 1).map((at) => ({ at, zone: timezone })),
  );
  return ticks.sort((a, b) => a.at - b.at)[0] ?? null;
}

function printTable(terminal: Terminal, views: readonly Status[]): void {
  terminal.table(
    ['VIEW', 'STATE', 'WATERMARK', 'LAG', 'HOLES', 'LAST RUN', 'ROWS', 'NEXT TICK'],
    views.map((view) => [
      view.view.name,
      stateText(view),
      view.watermark === null ? '–' : shortInstant(view.watermark),
      lagText(view),
      view.holes.length === 0 ? '–' : count(view.holes.length),
      lastRunText(view),
      count(view.rows),
      view.next === null ? '–' : localAndUtc(view.next.at, view.next.zone),
    ]),
  );
}

/** The one word for a view that matters most to whoever looks after it. */
export function stateOf(view: ViewOverview): string {
  if (view.retired) return 'retired';
  if (view.edited) return 'edited';
  if (view.pausedReason !== null) return 'paused';
  if (view.held.length > 0) return 'held';
  if (view.activeRuns > 0) return 'running';
  if (view.waitingRun !== null) return 'waits';
  if (view.openRuns > 0) return 'planned';
  if (view.rebuildReason !== null || view.unpublished.length > 0) return 'unpublished';
  if (view.stale.length > 0) return 'stale';
  return lagMs(view) > 0 ? 'behind' : 'ok';
}

/** States that end without anybody's help. */
const PASSING: readonly string[] = ['running', 'waits', 'planned', 'behind'];

function stateText(view: ViewOverview): Text {
  const text = stateOf(view);
  if (text === 'ok') return { style: 'green', text };
  if (text === 'retired') return { style: 'dim', text };
  return { style: PASSING.includes(text) ? 'yellow' : 'red', text };
}

/** How far the watermark is behind what is settled; before anything is covered, how much is settled. */
function lagMs({ view, retired, watermark, frontier }: ViewOverview): number {
  return retired || frontier === null ? 0 : Math.max(0, frontier - (watermark ?? view.start));
}

function lagText(view: ViewOverview): string {
  const behind = lagMs(view);
  return behind === 0 ? '–' : humanDuration(behind);
}

function lastRunText({ lastRun }: ViewOverview): Text {
  if (lastRun === null) return '–';
  const text = `${lastRun.id} ${lastRun.state} ${formatInstant(lastRun.at).slice(0, 16).replace('T', ' ')}Z`;
  return lastRun.state === 'failed' ? { style: 'red', text } : text;
}

/** What somebody has to do, or may wonder about. */
function notesOf(status: ViewOverview): string[] {
  const { view, pausedReason, rebuildReason, unpublished, stale } = status;
  if (status.retired) return [];
  return [
    status.edited ? editSentence(view.name) : '',
    pausedReason === null ? '' : `${view.name} is paused: ${pausedReason}.`,
    status.held.length === 0 ? '' : heldSentence(status),
    status.waitingRun === null ? '' : `${view.name}: ${waitingLine(status.waitingRun)}`,
    rebuildReason === null ? '' : `${view.name} will be published anew, because ${rebuildReason}.`,
    unpublished.length === 0
      ? ''
      : `${view.name}: ${counted(unitsOf(unpublished, view.unitMs), 'unit')} stored, and not yet in the online store.`,
    stale.length === 0 ? '' : `${view.name}: ${counted(unitsOf(stale, view.unitMs), 'unit')} will be read again.`,
  ].filter((note) => note !== '');
}

/** Who would do what is planned, and is not there. */
function missingProcesses(views: readonly Status[], { schedulers, workers }: AliveCounts): string[] {
  const isPlanned = views.some(({ openRuns }) => openRuns > 0);
  const isScheduled = views.some(({ next }) => next !== null);
  return [
    isPlanned && workers === 0 ? 'No worker is alive: start one with "millrace worker".' : '',
    isScheduled && schedulers === 0
      ? 'No scheduler is alive: nothing runs on schedule; start one with "millrace scheduler".'
      : '',
  ].filter((note) => note !== '');
}

function brokenNotes(problems: readonly string[]): string[] {
  if (problems.length === 0) return [];
  return ['The definitions on disk are wrong, and their ticks are not shown; what was applied goes on:', ...problems];
}

function statusJson({ view, next, ...status }: Status): object {
  return {
    name: view.name,
    kind: view.kind,
    state: stateOf({ view, ...status }),
    watermark: isoOf(status.watermark),
    frontier: isoOf(status.frontier),
    lagMs: lagMs({ view, ...status }),
    holes: status.holes.map(isoSpan),
    held: status.held.map(isoSpan),
    stale: status.stale.map(isoSpan),
    skipped: status.skipped.map(isoSpan),
    unpublished: status.unpublished.map(isoSpan),
    rows: status.rows,
    openRuns: status.openRuns,
    activeRuns: status.activeRuns,
    waitingRun:
      status.waitingRun === null
        ? null
        : { ...status.waitingRun, nextAttemptAt: isoOf(status.waitingRun.nextAttemptAt) },
    lastRun: status.lastRun === null ? null : { ...status.lastRun, at: isoOf(status.lastRun.at) },
    lastFailure: status.lastFailure,
    pausedReason: status.pausedReason,
    rebuildReason: status.rebuildReason,
    nextTick: isoOf(next?.at ?? null),
  };
}
