// millrace plan: shows what apply and the next ticks would do. Changes nothing.

import { formatInstant } from '../../core/instant.ts';
import type { Job } from '../../definition/job.ts';
import { formatProblem } from '../../definition/yaml/problem.ts';
import { unscheduled } from '../../plan/explain.ts';
import { type JobChange, jobChanges } from '../../plan/job-changes.ts';
import { jobTicks } from '../../plan/job-ticks.ts';
import { isoOf, isoSpan } from '../../presentation/format.ts';
import { pendingMigrations } from '../../state/migrate.ts';
import type { HeldRun } from '../../state/queries/held-spans.ts';
import { isStatePresent } from '../../state/queries/view-overview.ts';
import { newestDeployment } from '../../state/views/deployment.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode, TO_APPLY } from '../exit.ts';
import { openProject } from '../open.ts';
import { connectProblems } from './connect.ts';
import { planSql } from './plan-sql.ts';
import { type Plan, printPlan } from './plan-text.ts';
import { type PlannedView, plannedViews } from './planned-view.ts';

type PlanOptions = CommonOptions & {
  readonly check: boolean;
  readonly all: boolean;
  readonly sql: boolean;
  readonly connect: boolean;
};

export function addPlan(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'plan',
    summary: 'Preview what apply and the next ticks would do; change nothing',
    notes: [
      'For CI: with --check, the exit code is 4 if there is something to apply.',
      'With --sql, the command needs no servers, but all variables that millrace.yaml',
      'refers to must be set.',
    ],
    examples: ['plan', 'plan --check --json', 'plan --sql'],
  })
    .option('--check', 'Exit with 4 if there is something to apply', false)
    .option('--all', 'Show everything, including what does not change', false)
    .option('--connect', 'Also check each query against its source', false)
    .option('--sql', 'Only print the SQL of declared features and pivots', false)
    .action((options: PlanOptions) => end(cli, options.sql ? planSql(cli, options) : plan(cli, options)));
}

async function plan(cli: Cli, options: PlanOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options, { queries: 'checked' });
  const { database } = open.app;
  const migrations = await pendingMigrations(database);
  const isPresent = await isStatePresent(database);
  // The rest of the plan cannot be read from tables of an older release.
  const isOld = isPresent && migrations.length > 0;
  const newest = isPresent && !isOld ? await newestDeployment(database) : null;
  const { jobs } = open.project;
  const changes: Plan = {
    newest,
    migrations,
    views: isOld ? [] : await plannedViews(database, open.defined),
    jobs: isOld ? [] : jobChanges(newest?.jobs ?? [], jobs),
    ticks: [],
    unscheduled: unscheduled(open.project.views, jobs),
  };
  const shows = options.all || options.json ? 'everything' : 'changes';
  const ticking = shows === 'everything' ? jobs : jobsOfInterest(jobs, changes.jobs);
  const found: Plan = { ...changes, ticks: ticking.map((job) => jobTicks(job, cli.clock.now())) };
  const hasChanges = hasSomethingToApply(found);
  const connected = options.connect ? await connectProblems(cli, open) : null;
  const { problems = [], unchecked = [] } = connected ?? {};
  if (options.json) {
    const atSources = connected === null ? {} : { problems, unchecked };
    cli.terminal.json({ hasChanges, ...planJson(found), ...atSources });
  } else printPlan(cli.terminal, found, { isOld, shows });
  if (!options.json) for (const problem of [...problems, ...unchecked]) cli.terminal.warn(formatProblem(problem));
  if (connected !== null && connected.exitCode !== null) return connected.exitCode;
  return hasChanges && options.check ? TO_APPLY : DONE;
}

/** All jobs if there are few; otherwise only those that change. */
function jobsOfInterest(jobs: readonly Job[], changes: readonly JobChange[]): readonly Job[] {
  if (jobs.length <= FEW_JOBS) return jobs;
  const changed = new Set(changes.filter(({ change }) => change !== 'unchanged').map(({ name }) => name));
  return jobs.filter(({ name }) => changed.has(name)).slice(0, JOBS_SHOWN_MAX);
}

const FEW_JOBS = 5;
const JOBS_SHOWN_MAX = 20;

function hasSomethingToApply({ migrations, views, jobs }: Plan): boolean {
  return migrations.length > 0 || [...views, ...jobs].some(({ change }) => change !== 'unchanged');
}

function planJson({ newest, migrations, views, jobs, ticks, ...plan }: Plan): object {
  return {
    generation: newest?.generation ?? null,
    migrations,
    views: views.map(viewJson),
    jobs,
    unscheduled: plan.unscheduled,
    ticks: ticks.map(({ job, at, notes, eitherDay }) => ({
      job: job.name,
      timezone: job.timezone,
      paused: job.paused,
      next: isoOf(at[0] ?? null),
      at: at.map(isoOf),
      eitherDay,
      notes: notes.map(({ kind, local, tick }) => {
        // Local time; without an offset, as a skipped hour has none.
        return { kind, local: formatInstant(local).slice(0, 16), tick: isoOf(tick) };
      }),
    })),
  };
}

function viewJson({ runs, held, skipped, ...view }: PlannedView): object {
  return {
    ...view,
    // A long past has thousands of runs, so only their number and range are listed.
    runs: { count: runs.length, first: isoSpan(runs[0] ?? null), last: isoSpan(runs.at(-1) ?? null) },
    held: held.map(({ span, run }) => ({ span: isoSpan(span), run: run && heldRunJson(run) })),
    skipped: skipped.map(isoSpan),
  };
}

/** `code` and `message` repeat parts of `error`. */
function heldRunJson(run: HeldRun): object {
  return { ...run, code: run.error?.code ?? '', message: run.error?.message ?? '' };
}
