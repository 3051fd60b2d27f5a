// millrace dev: scheduler, worker and dashboard in one process, over the definitions as they are being written.

import { Failure } from '../../core/failure.ts';
import { type Log, silentLog } from '../../core/log.ts';
import type { Environment } from '../../definition/connections/environment.ts';
import { loadDefinitions } from '../../definition/load.ts';
import { loadProject } from '../../definition/project.ts';
import { openLog } from '../../observe/logger.ts';
import { applyViews } from '../../operations/apply.ts';
import { editSentence } from '../../presentation/views/edit-sentence.ts';
import { migrate } from '../../state/migrate.ts';
import { planDue } from '../../state/planning/planning.ts';
import { jobTimeoutMs } from '../../state/runs/job-timeout.ts';
import { DEFAULT_RUN_OPTIONS } from '../../state/runs/run.ts';
import { appliedViews, type FingerprintedView } from '../../state/views/views.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { applyProject } from '../define/apply.ts';
import { askMeaning } from '../define/ask-meaning.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { type OpenProject, openProject } from '../open.ts';
import { actorOf, depsOf } from '../operator.ts';
import { reportError } from '../output/report-error.ts';
import { exitWhenLate, stopOnSignals } from '../signals.ts';
import { sourceKinds } from '../source-kinds.ts';
import { packageVersion } from '../version.ts';
import { type DevDashboard, openDevDashboard } from './dev-dashboard.ts';
import { humanLog } from './human-log.ts';
import { startServersOf } from './local-servers.ts';
import { aborted } from './serve.ts';
import { catchUncaught } from './uncaught.ts';
import { definitionsChanged } from './watch-definitions.ts';

type DevOptions = CommonOptions & { readonly local: boolean };

const CONCURRENCY = 2;

export function addDev(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'dev',
    summary: 'scheduler, worker and dashboard in one, for writing views',
    notes: [
      'What is due runs at once, and a saved definition is taken over. With --local,',
      'Postgres and two Redis are started for this project alone; their data stays in',
      '.millrace/, and MILLRACE_OFFLINE_URL, MILLRACE_ONLINE_URL and',
      'MILLRACE_QUEUE_URL lead to them.',
    ],
    hasJson: false,
    examples: ['dev --local', 'dev --project shop'],
  })
    .option('--local', 'start private servers for this project', false)
    .action((options: DevOptions) => end(cli, dev(cli, options)));
}

async function dev(cli: Cli, options: DevOptions): Promise<ExitCode> {
  // In a folder without a sound project nothing is started, and no server writes its data.
  await loadDefinitions(options.project, cli.clock.now(), await sourceKinds());
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
      // Broken between the look that found them sound and this lap, or at the start.
      if (!isUnfinished(thrown)) throw thrown;
      reportError(cli.terminal, thrown, options);
      await change;
    } finally {
      over.abort();
    }
  }
  return DONE;
}

/** Half-written definitions are what this command is for: it says what is wrong, and waits for the next save. */
function isUnfinished(thrown: unknown): boolean {
  return thrown instanceof Failure && (thrown.code === 'DEFINITION_INVALID' || thrown.code === 'ENVIRONMENT_MISSING');
}

/** `signal` is aborted when the lap is over. */
type Lap = {
  readonly env: Environment;
  readonly change: Promise<void>;
  readonly signal: AbortSignal;
  readonly dashboard: DevDashboard;
};

/** One version of the definitions, from taking it over until the next sound one, or until the process is asked to stop. */
async function serveOnce(cli: Cli, options: DevOptions, lap: Lap): Promise<void> {
  const { env, signal } = lap;
  const { out } = cli.terminal.streams;
  const log = cli.terminal.isInteractive
    ? humanLog(cli, options.debug)
    : openLog(options.debug ? 'debug' : 'info', out);
  await using open = await openProject(cli, options, { env, log });
  using _uncaught = catchUncaught(log);
  const { app, project } = open;
  await migrate(app.database);
  const edited = await takeOverAll(cli, open);
  const { startProjectScheduler, startProjectWorker } = await import('../../processes.ts');
  const { alertingOf } = await import('../../alerting.ts');
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
  const asking = settleEdits(cli, open, edited, AbortSignal.any([signal, question.signal]));
  try {
    // An edit that is settled is no end: what ends a lap is the next save.
    await Promise.race([nextSound(cli, options, lap), asking.then(() => aborted(signal))]);
  } finally {
    question.abort();
    await asking.catch(() => undefined);
  }
}

/** Who writes a view need not have the addresses of those who are told of the real ones. */
function withoutAlerts(log: Log): (thrown: unknown) => null {
  return (thrown) => {
    if (!(thrown instanceof Failure && thrown.code === 'ENVIRONMENT_MISSING')) throw thrown;
    log.warn('alerts.silent', { message: thrown.message });
    return null;
  };
}

/** Resolves when files have changed and are sound again. Until then what ran before goes on. */
async function nextSound(cli: Cli, options: DevOptions, { env, change, signal }: Lap): Promise<void> {
  await change;
  while (!signal.aborted) {
    const over = new AbortController();
    const next = definitionsChanged(options.project, cli.clock, AbortSignal.any([signal, over.signal]));
    try {
      await loadProject(options.project, { ...cli.env, ...env }, cli.clock.now(), await sourceKinds());
      over.abort();
      return;
    } catch (thrown) {
      if (!isUnfinished(thrown)) throw thrown;
      reportError(cli.terminal, thrown, options);
      cli.terminal.warn('The saved files are not sound: what ran before goes on.');
    }
    await next;
  }
}

/** Deploys the definitions: who saves a file means it. Those whose edit waits for an answer are left alone by every run. */
async function takeOverAll(cli: Cli, open: OpenProject): Promise<FingerprintedView[]> {
  const { changes } = await applyProject(cli, open);
  const edited = changes.filter(({ change }) => change === 'edited').map(({ name }) => name);
  return open.defined.filter(({ view }) => edited.includes(view.name));
}

/** Asks for the meaning of each edit, one after the other, while everything else goes on. */
async function settleEdits(
  cli: Cli,
  open: OpenProject,
  edited: readonly FingerprintedView[],
  signal: AbortSignal,
): Promise<void> {
  for (const definition of edited) {
    const { name } = definition.view;
    if (!cli.terminal.isInteractive) {
      cli.terminal.warn(editSentence(name));
      continue;
    }
    const answer = await askMeaning(cli, open, definition, signal);
    if (signal.aborted) return;
    if (answer === 'later') cli.terminal.warn(editSentence(name));
    if (answer === 'elsewhere') cli.terminal.line(`The edit of ${name} was answered elsewhere.`);
    if (answer === 'later' || answer === 'elsewhere') continue;
    const request = { definitions: [definition], edit: { meaning: answer, from: null }, why: 'asked' } as const;
    await applyViews(depsOf(open.app), actorOf(cli), request);
    await runDue(open);
  }
}

/** Nobody who writes a view wants to wait for its cron. */
async function runDue({ app, defined }: OpenProject): Promise<void> {
  const names = defined.map(({ view }) => view.name);
  const ids: number[] = [];
  for (const applied of await appliedViews(app.database)) {
    if (!names.includes(applied.view.name) || applied.pause !== null) continue;
    const timeoutMs = await jobTimeoutMs(app.database, applied.view);
    ids.push(...(await planDue(app.database, applied, 'manual', { ...DEFAULT_RUN_OPTIONS, timeoutMs })));
  }
  if (ids.length > 0) await app.deliver(ids);
}
