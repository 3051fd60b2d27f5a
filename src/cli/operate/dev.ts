// millrace dev: scheduler, worker and dashboard in one process, which redeploys definitions as you edit them.

import { Failure } from '../../core/failure.ts';
import { type Log, silentLog } from '../../core/log.ts';
import type { Environment } from '../../definition/connections/environment.ts';
import { loadDefinitions } from '../../definition/load.ts';
import { loadProject } from '../../definition/project.ts';
import { openLog } from '../../observe/logger.ts';
import { migrate } from '../../state/migrate.ts';
import { viewsToSettle } from '../../state/views/fingerprinted.ts';
import type { FingerprintedView } from '../../state/views/views.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { applyProject } from '../define/apply.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { type OpenProject, openProject } from '../open.ts';
import { reportError } from '../output/report-error.ts';
import { exitWhenLate, stopOnSignals } from '../signals.ts';
import { checkerOfQueries, sourceKinds } from '../source-kinds.ts';
import { packageVersion } from '../version.ts';
import { type DevDashboard, openDevDashboard } from './dev-dashboard.ts';
import { runDue, settleEdits } from './dev-edits.ts';
import { humanLog } from './human-log.ts';
import { startServersOf } from './local-servers.ts';
import { aborted } from './observed.ts';
import { catchUncaught } from './uncaught.ts';
import { definitionsChanged } from './watch-definitions.ts';

type DevOptions = CommonOptions & { readonly local: boolean };

const CONCURRENCY = 2;

export function addDev(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'dev',
    summary: 'Run the scheduler, worker and dashboard in one process for development',
    notes: [
      'Deploys definitions when you save them, and immediately runs what is due.',
      '--local starts Postgres and two Redis servers for this project, with their data',
      'in .millrace/, and sets MILLRACE_OFFLINE_URL, MILLRACE_ONLINE_URL and',
      'MILLRACE_QUEUE_URL.',
    ],
    hasJson: false,
    examples: ['dev --local', 'dev --project shop'],
  })
    .option('--local', 'Start private servers for this project', false)
    .action((options: DevOptions) => end(cli, dev(cli, options)));
}

async function dev(cli: Cli, options: DevOptions): Promise<ExitCode> {
  // Load first: without a valid project, no server is started and no data is written.
  await loadDefinitions(options.project, cli.clock.now(), await sourceKinds(), await checkerOfQueries(cli.clock));
  using stop = stopOnSignals(exitWhenLate(cli.clock, silentLog));
  await using servers = options.local ? await startServersOf(cli, options.project) : null;
  const env = servers?.env ?? {};
  const dashboard = openDevDashboard(cli);
  while (!stop.signal.aborted) {
    const over = new AbortController();
    const signal = AbortSignal.any([stop.signal, over.signal]);
    // Watched before the files are read, so that no save is missed.
    const change = definitionsChanged(options.project, cli.clock, signal);
    try {
      await serveOnce(cli, options, { env, change, signal, dashboard });
    } catch (thrown) {
      if (stop.signal.aborted) return DONE;
      // The files broke at the start, or after they were found valid.
      if (!isUnfinished(thrown)) throw thrown;
      reportError(cli.terminal, thrown, options);
      await change;
    } finally {
      over.abort();
    }
  }
  return DONE;
}

/** Unfinished definitions are normal here: the problem is reported, and the next save awaited. */
function isUnfinished(thrown: unknown): boolean {
  return thrown instanceof Failure && (thrown.code === 'DEFINITION_INVALID' || thrown.code === 'ENVIRONMENT_MISSING');
}

/** One version of the definitions; `signal` is aborted when it ends. */
type Lap = {
  readonly env: Environment;
  readonly change: Promise<void>;
  readonly signal: AbortSignal;
  readonly dashboard: DevDashboard;
};

/** Serves one version of the definitions until the next valid one, or until the process is asked to stop. */
async function serveOnce(cli: Cli, options: DevOptions, lap: Lap): Promise<void> {
  const { env, signal } = lap;
  const { out } = cli.terminal.streams;
  const level = options.debug ? 'debug' : 'info';
  const log = cli.terminal.isInteractive ? humanLog(cli, level) : openLog(level, out);
  await using open = await openProject(cli, options, { env, log });
  using _uncaught = catchUncaught(log);
  const { app, project } = open;
  await migrate(app.database);
  const edited = await deployAll(cli, open);
  const { startProjectScheduler, startProjectWorker } = await import('../../processes/processes.ts');
  const { alertingOf } = await import('../../processes/alerting.ts');
  const version = packageVersion();
  await using _worker = await startProjectWorker(app, { version, concurrency: CONCURRENCY });
  const alerting = await alertingOf(project).catch(withoutAlerts(log));
  await using _scheduler = await startProjectScheduler(app, project, {
    version,
    retentionMs: project.config.retentionMs,
    ...(alerting === null ? {} : { alerting }),
  });
  await using _dashboard = await lap.dashboard.start(open);
  await runDue(open);
  const question = new AbortController();
  const asking = settleEdits(cli, open, edited, { options, signal: AbortSignal.any([signal, question.signal]) });
  try {
    // Deploying an edit does not end the lap; only the next save does.
    await Promise.race([nextSound(cli, options, lap), asking.then(() => aborted(signal))]);
  } finally {
    question.abort();
    await asking.catch(() => undefined);
  }
}

/** A developer need not have the addresses of production alerts. */
function withoutAlerts(log: Log): (thrown: unknown) => null {
  return (thrown) => {
    if (!(thrown instanceof Failure && thrown.code === 'ENVIRONMENT_MISSING')) throw thrown;
    log.warn('alerts.silent', { message: thrown.message });
    return null;
  };
}

/** Resolves when files have changed and are valid. Until then the previous version keeps running. */
async function nextSound(cli: Cli, options: DevOptions, { env, change, signal }: Lap): Promise<void> {
  await change;
  while (!signal.aborted) {
    const over = new AbortController();
    const next = definitionsChanged(options.project, cli.clock, AbortSignal.any([signal, over.signal]));
    try {
      const checker = await checkerOfQueries(cli.clock);
      await loadProject(options.project, { ...cli.env, ...env }, cli.clock.now(), await sourceKinds(), checker);
      over.abort();
      return;
    } catch (thrown) {
      if (!isUnfinished(thrown)) throw thrown;
      reportError(cli.terminal, thrown, options);
      cli.terminal.warn('The saved files are invalid, so the previous version keeps running.');
    }
    await next;
  }
}

/** Deploys the saved definitions. Returns the edited views, which do not run until their edit is deployed. */
async function deployAll(cli: Cli, open: OpenProject): Promise<readonly FingerprintedView[]> {
  const { changes } = await applyProject(cli, open);
  const edited = changes.filter(({ change }) => change === 'edited').map(({ name }) => name);
  return viewsToSettle(open.defined, edited);
}
