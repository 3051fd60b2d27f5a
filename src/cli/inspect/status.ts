// millrace status: shows the state of all views, or the details of some.

import { epochMsOf } from '../../core/instant.ts';
import type { Message } from '../../core/message.ts';
import { formatProblem } from '../../definition/yaml/problem.ts';
import { countAlive, isUnscheduled, missingProcesses } from '../../presentation/alive.ts';
import { pauseActor, pauseText } from '../../presentation/failures.ts';
import { isoOf, isoSpan, unitsIn } from '../../presentation/format.ts';
import { unscheduledSentence } from '../../presentation/next-run.ts';
import { nextTicks } from '../../presentation/next-ticks.ts';
import { queueFaultText } from '../../presentation/queue-faults.ts';
import { waitingForText } from '../../presentation/runs/waits.ts';
import { rebuildText } from '../../presentation/views/rebuild-reason.ts';
import type { Status } from '../../presentation/views/status.ts';
import type { SpanSet } from '../../state/queries/span-set.ts';
import { isStatePresent, viewOverviews } from '../../state/queries/view-overview.ts';
import { recentQueueFaults } from '../../state/queue-faults.ts';
import { newestDeployment } from '../../state/views/deployment.ts';
import { behindMs, lagMs, needsAttention, stateOf } from '../../state/views/view-state.ts';
import { addCommand, type Cli, type CommonOptions, end, wholeNumber } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { requireApplied, requireState } from '../open.ts';
import { type OpenState, openState } from '../open-state.ts';
import { printStatusTable } from './status-table.ts';
import { printStatusViews } from './status-view.ts';

type StatusOptions = CommonOptions & { readonly problems: boolean; readonly limit: number };

export function addStatus(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'status [view...]',
    summary: 'Show the state of all views, or the details of some',
    notes: [
      'WATERMARK: everything up to this time is covered. LAG: how far the watermark is',
      'behind. HOLES: due and held spans before the newest stored unit. NOT ONLINE:',
      'units that are stored but not yet in the online store.',
    ],
    examples: ['status --problems', 'status customer_orders'],
  })
    .option('--problems', 'Show only views that need attention', false)
    .option('--limit <n>', 'Show at most this many rows', wholeNumber(1, 100_000), 100)
    .action((views: string[], options: StatusOptions) => end(cli, status(cli, views, options)));
}

async function status(cli: Cli, names: readonly string[], options: StatusOptions): Promise<ExitCode> {
  await using open = await openState(cli, options);
  const { database } = open.app;
  for (const name of names) await requireApplied(open.app, name);
  const isPresent = await isStatePresent(database);
  if (isPresent) await requireState(open.app);
  const all = isPresent ? await statusOf(open, names) : [];
  const views = options.problems ? all.filter(needsAttention) : all;
  const processes = isPresent ? await countAlive(database) : { schedulers: 0, workers: 0 };
  const queueFaults = isPresent ? await recentQueueFaults(database) : [];
  const problems = open.problems.map(formatProblem);
  if (options.json) cli.terminal.json({ views: views.map(statusJson), processes, queueFaults, problems });
  else if (all.length === 0) cli.terminal.line('Nothing is deployed yet: run "millrace apply".');
  else if (names.length > 0) printStatusViews(cli.terminal, views);
  else printStatusTable(cli.terminal, { all, views, limit: options.limit });
  const unscheduledNames = names.length > 0 ? [] : all.filter(isUnscheduled).map(({ view }) => view.name);
  if (!options.json)
    printNotes(cli, [
      unscheduledSentence(unscheduledNames),
      ...missingProcesses(all, processes),
      ...queueFaults.map(queueFaultText),
      ...brokenNotes(problems),
    ]);
  return DONE;
}

/** The named views, or all. Ticks are those of the deployed jobs, not of the definitions on disk. */
async function statusOf({ app, jobs }: OpenState, names: readonly string[]): Promise<Status[]> {
  const overviews = await viewOverviews(app.database, names.length === 0 ? null : names);
  const deployed = (await newestDeployment(app.database))?.jobs;
  const ticksOf = nextTicks(deployed ?? jobs ?? [], overviews[0]?.now ?? epochMsOf(0));
  return overviews.map((one) => ({ ...one, ticks: one.retired ? [] : ticksOf(one.view) }));
}

function brokenNotes(problems: readonly string[]): string[] {
  return problems.length === 0
    ? []
    : ['The definitions on disk are invalid; the deployed ones keep running:', ...problems];
}

function printNotes({ terminal }: Cli, notes: readonly (string | Message)[]): void {
  const shown = notes.filter((note) => note.length > 0);
  if (shown.length > 0) terminal.line('');
  for (const note of shown) terminal.line(note);
}

const SETS = ['covered', 'holes', 'held', 'stale', 'skipped', 'emptied', 'unpublished'] as const;

/** Totals of a whole set; the lists of spans next to it may be cut. */
function setJson(set: SpanSet, unitMs: number): object {
  return { spans: set.count, units: unitsIn(set, unitMs) };
}

function outageJson({ view }: Status, found: Status['outages'][number]): object {
  const { source, ms, probedAt, nextProbeAt, ...outage } = found;
  const units = unitsIn({ ms }, view.unitMs);
  return { source, units, ...outage, probedAt: isoText(probedAt), nextProbeAt: isoText(nextProbeAt) };
}

function isoText(ms: number | null): string | null {
  return ms === null ? null : isoOf(epochMsOf(ms));
}

function statusJson(status: Status): object {
  const { view, waitingRun, lastRun } = status;
  return {
    name: view.name,
    kind: view.kind,
    state: stateOf(status),
    watermark: isoOf(status.watermark),
    frontier: isoOf(status.frontier),
    lagMs: lagMs(status),
    behindMs: behindMs(status),
    freshnessMs: view.freshnessMs,
    holes: status.holes.first.map(isoSpan),
    held: status.held.first.map(isoSpan),
    stale: status.stale.first.map(isoSpan),
    skipped: status.skipped.first.map(isoSpan),
    emptied: status.emptied.first.map(isoSpan),
    unpublished: status.unpublished.first.map(isoSpan),
    sets: Object.fromEntries(SETS.map((set) => [set, setJson(status[set], view.unitMs)])),
    heldCauses: status.heldCauses.map(({ ms, ...cause }) => ({ ...cause, units: unitsIn({ ms }, view.unitMs) })),
    outages: status.outages.map((outage) => outageJson(status, outage)),
    rows: status.rows,
    openRuns: status.openRuns,
    leftUnits: status.leftUnits,
    inboxRows: status.inboxRows,
    activeRuns: status.activeRuns,
    waitingRun: waitingRun && {
      ...waitingRun,
      waitingFor: waitingForText(waitingRun),
      nextAttemptAt: isoOf(waitingRun.nextAttemptAt),
    },
    idleRun: status.idleRun && { ...status.idleRun, plannedAt: isoOf(status.idleRun.plannedAt) },
    lastRun: lastRun && { ...lastRun, at: isoOf(lastRun.at) },
    lastFailure: status.lastFailure,
    failedInARow: status.failedInARow,
    backfills: status.backfills.map((one) => ({ ...one, range: isoSpan(one.range) })),
    pausedReason: pauseText(status.pause),
    pausedBy: status.pause === null ? null : pauseActor(status.pause),
    pausedAt: isoOf(status.pause?.at ?? null),
    pause: status.pause && { ...status.pause, at: isoOf(status.pause.at) },
    rebuildReason: status.rebuildReason && rebuildText(status.rebuildReason),
    rebuild: status.rebuildReason,
    nextTick: isoOf(status.ticks[0]?.at ?? null),
    ticks: status.ticks.map(({ job, at, zone }) => ({ job, at: isoOf(at), zone })),
  };
}
