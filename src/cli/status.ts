// millrace status: every view as it stands.

import { humanDuration } from '../core/duration.ts';
import { type EpochMs, formatInstant } from '../core/instant.ts';
import { ticksAfter } from '../definition/cron.ts';
import type { Job } from '../definition/job.ts';
import { jobsOf } from '../plan/explain.ts';
import { isStatePresent, type ViewOverview, viewOverviews } from '../state/overview.ts';
import { addCommand, type Cli, type CommonOptions, end } from './command.ts';
import { editSentence } from './edit-sentence.ts';
import { DONE, type ExitCode } from './exit.ts';
import { count, counted, isoOf, isoSpan, localAndUtc, shortInstant, unitsOf } from './format.ts';
import { heldSentence } from './nothing-due.ts';
import { openProject } from './open.ts';
import type { Terminal, Text } from './terminal.ts';

/** A view with the next tick of any job that names it. */
type Status = ViewOverview & { readonly next: { readonly at: EpochMs; readonly zone: string } | null };

export function addStatus(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'status',
    summary: 'show every view as it stands',
    notes: [
      'WATERMARK is the end of what is covered without a gap, LAG how far that is behind what is',
      'settled, and HOLES are gaps before the newest covered unit.',
    ],
    examples: ['status', 'status --json'],
  }).action((options: CommonOptions) => end(cli, status(cli, options)));
}

async function status(cli: Cli, options: CommonOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const { database } = open.app;
  const overviews = (await isStatePresent(database)) ? await viewOverviews(database) : [];
  const views = overviews.map((one) => ({ ...one, next: nextTick(one, open.project.jobs, cli.clock.now()) }));
  if (options.json) cli.terminal.json({ views: views.map(statusJson) });
  else if (views.length === 0) cli.terminal.line('Nothing has been applied yet: run "millrace apply".');
  else print(cli.terminal, views);
  return DONE;
}

function nextTick({ view, retired }: ViewOverview, jobs: readonly Job[], now: EpochMs): Status['next'] {
  if (retired) return null;
  const ticks = jobsOf(view, jobs).flatMap(({ cron, timezone }) =>
    ticksAfter(cron, timezone, now, 1).map((at) => ({ at, zone: timezone })),
  );
  return ticks.sort((a, b) => a.at - b.at)[0] ?? null;
}

function print(terminal: Terminal, views: readonly Status[]): void {
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
  const notes = views.flatMap(notesOf);
  if (notes.length > 0) terminal.line('');
  for (const note of notes) terminal.line(note);
}

/** The one word for a view that matters most to whoever looks after it. */
export function stateOf(view: ViewOverview): string {
  if (view.retired) return 'retired';
  if (view.edited) return 'edited';
  if (view.pausedReason !== null) return 'paused';
  if (view.held.length > 0) return 'held';
  if (view.openRuns > 0) return 'running';
  if (view.rebuildReason !== null || view.unpublished.length > 0) return 'unpublished';
  if (view.stale.length > 0) return 'stale';
  return lagMs(view) > 0 ? 'behind' : 'ok';
}

function stateText(view: ViewOverview): Text {
  const text = stateOf(view);
  if (text === 'ok') return { style: 'green', text };
  if (text === 'retired') return { style: 'dim', text };
  return { style: text === 'running' || text === 'behind' ? 'yellow' : 'red', text };
}

/** How far the watermark is behind what is settled; before anything is covered, how much is settled. */
function lagMs({ view, watermark, frontier }: ViewOverview): number {
  return frontier === null ? 0 : Math.max(0, frontier - (watermark ?? view.start));
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
    rebuildReason === null ? '' : `${view.name} will be published anew, because ${rebuildReason}.`,
    unpublished.length === 0
      ? ''
      : `${view.name}: ${counted(unitsOf(unpublished, view.unitMs), 'unit')} stored, and not yet in the online store.`,
    stale.length === 0 ? '' : `${view.name}: ${counted(unitsOf(stale, view.unitMs), 'unit')} will be read again.`,
  ].filter((note) => note !== '');
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
    lastRun: status.lastRun === null ? null : { ...status.lastRun, at: isoOf(status.lastRun.at) },
    lastFailure: status.lastFailure,
    pausedReason: status.pausedReason,
    rebuildReason: status.rebuildReason,
    nextTick: isoOf(next?.at ?? null),
  };
}
