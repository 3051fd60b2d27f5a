// The shared part of run, restate and retry: deploy the definitions, perform the planned runs, and report the results.

import type { App } from '../../app.ts';
import { Failure } from '../../core/failure.ts';
import { applyViews } from '../../operations/apply.ts';
import type { Database } from '../../postgres/database.ts';
import { counted } from '../../presentation/format.ts';
import { outdatedFilesSentence } from '../../presentation/outdated-definitions.ts';
import { heldSentence } from '../../presentation/views/held.ts';
import { migrate } from '../../state/migrate.ts';
import { hasRestatementLeft, viewsWithBacklog } from '../../state/planning/backlog.ts';
import { planBacklog } from '../../state/planning/plan-backlog.ts';
import { ALL_TIME, type TimeRange } from '../../state/planning/planning.ts';
import { type RunOverview, runOverviews } from '../../state/queries/run-overview.ts';
import { type ViewOverview, viewOverviews } from '../../state/queries/view-overview.ts';
import { isOver, STATES } from '../../state/runs/states.ts';
import { earlierDeployment } from '../../state/views/deploy.ts';
import { withParts } from '../../state/views/fingerprinted.ts';
import { type AppliedView, requireAppliedView } from '../../state/views/views.ts';
import type { Cli, CommonOptions } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { type OpenProject, requireDefined } from '../open.ts';
import { actorOf, depsOf } from '../operator.ts';
import { stopOnSignals } from '../signals.ts';
import { followRuns } from './follow.ts';
import { performHere } from './perform-here.ts';
import { Rounds } from './run-rounds.ts';
import { exitCodeOf, printSummary, runLine, runsJson } from './run-summary.ts';

export type MaterializeOptions = CommonOptions & { readonly here: boolean; readonly parallel: number };

/**
 * Deploys the named views and returns them as they are deployed now, incremental ones after their parts. A view with an edit that needs a decision stays as it
 * was.
 *
 * @throws Failure VIEW_CHANGED if the files are those of an earlier deployment: an old checkout must not undo a newer one
 */
export async function deployViews(
  cli: Cli,
  { app, defined, project }: OpenProject,
  names: readonly string[],
): Promise<AppliedView[]> {
  const definitions = withParts(requireDefined(defined, names));
  await migrate(app.database);
  const earlier = await earlierDeployment(app.database, { views: defined, jobs: project.jobs });
  if (earlier !== null) throw new Failure('VIEW_CHANGED', outdatedFilesSentence(earlier));
  await applyViews(depsOf(app), actorOf(cli), { definitions, edit: null, why: 'needed' });
  return Promise.all(definitions.map(({ view }) => requireAppliedView(app.database, view.name)));
}

/** The views, and the part of their time, that a command was asked for. */
export type Asked = { readonly views: readonly AppliedView[]; readonly restated: TimeRange | null };

/**
 * Performs or watches the requested open runs, then those that did not fit before, one round at a time: a round has as many
 * runs as the views may have open.
 */
export async function performOpen(cli: Cli, app: App, asked: Asked, options: MaterializeOptions): Promise<ExitCode> {
  const { views } = asked;
  const rounds = new Rounds();
  using stop = stopOnSignals();
  let runs = await nextRuns(app, asked);
  while (runs.length > 0) {
    const isMore = await hasLeft(app, asked);
    const ids = runs.map(({ id }) => id);
    const ended = await performRound(cli, app, ids, { ...options, signal: stop.signal });
    rounds.add(ids, ended);
    // Waiting runs are also part of the next round; they are summed up after the last one.
    if (!options.json) printSummary(cli.terminal, ended.filter(isOver));
    if (stop.signal.aborted) printStopped(cli, ids.length - ended.length, views, options);
    if (stop.signal.aborted || !isMore) break;
    const planned = options.here ? await planMore(app, views) : 0;
    // Everything left waits for something else, so another round would not get further.
    if (planned === 0 && !ended.some(isOver)) break;
    runs = await nextRuns(app, asked);
  }
  if (options.json) cli.terminal.json(rounds.toJson());
  else printSummary(cli.terminal, rounds.waiting);
  await printHeld(cli, app, views, options);
  return rounds.exitCode;
}

async function planMore({ database }: App, views: readonly AppliedView[]): Promise<number> {
  let planned = 0;
  for (const { id } of views) planned += (await planBacklog(database, id)).runs.length;
  return planned;
}

/** The requested open runs; if none could be planned yet, all open runs that they wait for. */
async function nextRuns(app: App, asked: Asked): Promise<RunOverview[]> {
  const runs = await openRuns(app, asked.views, asked.restated ?? ALL_TIME);
  return runs.length === 0 && (await hasLeft(app, asked)) ? openRuns(app, asked.views) : runs;
}

/** Whether a part of the request is not planned yet. */
async function hasLeft({ database }: App, { views, restated }: Asked): Promise<boolean> {
  if (restated !== null) {
    const left = await Promise.all(views.map(({ id }) => hasRestatementLeft(database, id, restated)));
    return left.includes(true);
  }
  return (await viewsWithBacklog(database)).some(({ id }) => views.some((view) => view.id === id));
}

async function printHeld(
  { terminal }: Cli,
  app: App,
  views: readonly AppliedView[],
  { json }: MaterializeOptions,
): Promise<void> {
  if (json) return;
  for (const view of await heldViews(app, views)) terminal.line(heldSentence(view));
}

/** Includes runs planned earlier, by a tick or by a command that was stopped. */
async function openRuns(
  { database }: App,
  views: readonly AppliedView[],
  within: TimeRange = ALL_TIME,
): Promise<RunOverview[]> {
  const runs: RunOverview[] = [];
  for (const { view } of views) {
    const open = await runOverviews(database, { view: view.name, states: STATES.open, within });
    runs.push(...open.toReversed());
  }
  return runs;
}

/** Performs or watches these runs of `views`, and reports how each ended. */
export async function perform(
  cli: Cli,
  app: App,
  ids: readonly number[],
  views: readonly AppliedView[],
  options: MaterializeOptions,
  /** More keys of the JSON. */
  facts: object = {},
): Promise<ExitCode> {
  using stop = stopOnSignals();
  const ended = await performRound(cli, app, ids, { ...options, signal: stop.signal });
  if (options.json) cli.terminal.json({ ...runsJson(ended), ...facts });
  else printSummary(cli.terminal, ended);
  if (stop.signal.aborted) printStopped(cli, ids.length - ended.length, views, options);
  await printHeld(cli, app, views, options);
  return exitCodeOf(ids.length, ended);
}

/** Performs or watches these runs, until the signal is aborted or none can continue. Returns those that ended or wait. */
async function performRound(
  cli: Cli,
  app: App,
  ids: readonly number[],
  { json, here, parallel, signal }: MaterializeOptions & { readonly signal: AbortSignal },
): Promise<RunOverview[]> {
  const ended: RunOverview[] = [];
  using progress = json ? null : cli.terminal.progress(ids.length, 'runs');
  const onEnd = (run: RunOverview) => {
    ended.push(run);
    // Waiting runs are reported together at the end: there may be many with the same reason.
    if (isOver(run)) progress?.advance(...runLine(run));
  };
  await (here ? performHere(app, ids, { signal, onEnd, parallel }) : followRuns(app, ids, { signal, onEnd }));
  return ended;
}

function printStopped(
  { terminal }: Cli,
  left: number,
  views: readonly AppliedView[],
  { here }: MaterializeOptions,
): void {
  if (left <= 0) return;
  const names = views.map(({ view }) => view.name).join(' ');
  const runs = counted(left, 'run');
  terminal.warn(
    here
      ? `Stopped with ${runs} left; to continue: millrace run ${names} --here`
      : `Stopped watching; the workers continue with ${runs}. To see them: millrace runs`,
  );
}

async function heldViews(app: App, views: readonly AppliedView[]): Promise<ViewOverview[]> {
  return (await overviewsOf(app.database, views)).filter(({ held }) => held.count > 0);
}

/** In the order of `views`. */
export async function overviewsOf(database: Database, views: readonly AppliedView[]): Promise<ViewOverview[]> {
  const all = await viewOverviews(
    database,
    views.map(({ view }) => view.name),
  );
  return views.flatMap(({ view }) => all.filter((one) => one.view.name === view.name));
}
