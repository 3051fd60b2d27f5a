// millrace dev: scheduler and worker in one process, over the definitions as they are being written.

import { Failure } from '../core/failure.ts';
import type { Environment } from '../definition/environment.ts';
import { loadDefinitions } from '../definition/load.ts';
import { openLog } from '../observe/logger.ts';
import { applyEdit, type EditMeaning } from '../state/edit.ts';
import { migrate } from '../state/migrate.ts';
import { planDue } from '../state/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../state/run.ts';
import { appliedViews, retireViews, takeOverViews } from '../state/views.ts';
import { addCommand, type Cli, type CommonOptions, end } from './command.ts';
import { editSentence } from './edit-sentence.ts';
import { DONE, type ExitCode } from './exit.ts';
import { humanLog } from './human-log.ts';
import { startServersOf } from './local-servers.ts';
import { type OpenProject, openProject } from './open.ts';
import { reportError } from './report-error.ts';
import { aborted } from './serve.ts';
import { stopOnSignals } from './signals.ts';
import { packageVersion } from './version.ts';
import { definitionsChanged } from './watch-definitions.ts';

type DevOptions = CommonOptions & { readonly local: boolean };

const CONCURRENCY = 2;

export function addDev(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'dev',
    summary: 'scheduler and worker in one, for writing views',
    notes: [
      'What is due runs at once, and a saved definition is taken over. With --local, Postgres and two',
      'Redis are started for this project alone; their data stays in .millrace/, and',
      'MILLRACE_OFFLINE_URL, MILLRACE_ONLINE_URL and MILLRACE_QUEUE_URL lead to them.',
    ],
    hasJson: false,
    examples: ['dev --local', 'dev --project shop'],
  })
    .option('--local', 'start private servers for this project', false)
    .action((options: DevOptions) => end(cli, dev(cli, options)));
}

async function dev(cli: Cli, options: DevOptions): Promise<ExitCode> {
  // In a folder without a sound project nothing is started, and no server writes its data.
  await loadDefinitions(options.project, cli.clock.now());
  using stop = stopOnSignals();
  await using servers = options.local ? await startServersOf(cli, options.project) : null;
  const env = servers?.env ?? {};
  while (!stop.signal.aborted) {
    const changed = new AbortController();
    const change = definitionsChanged(options.project, cli.clock, AbortSignal.any([stop.signal, changed.signal]));
    try {
      await serveOnce(cli, options, { env, change, signal: stop.signal });
    } catch (thrown) {
      if (stop.signal.aborted) return DONE;
      // Half-written definitions are what this command is for: it says what is wrong, and waits for the next save.
      if (!(thrown instanceof Failure && thrown.code === 'DEFINITION_INVALID')) throw thrown;
      reportError(cli.terminal, thrown, options);
      await change;
    } finally {
      changed.abort();
    }
  }
  return DONE;
}

type Lap = { readonly env: Environment; readonly change: Promise<void>; readonly signal: AbortSignal };

/** One version of the definitions, from taking it over until it changes, or until the process is asked to stop. */
async function serveOnce(cli: Cli, options: DevOptions, { env, change, signal }: Lap): Promise<void> {
  const { out } = cli.terminal.streams;
  const log = cli.terminal.isInteractive
    ? humanLog(cli, options.debug)
    : openLog(options.debug ? 'debug' : 'info', out);
  await using open = await openProject(cli, options, { env, log });
  const { app, project } = open;
  await migrate(app.database);
  await takeOverAll(cli, open, signal);
  const { startProjectScheduler, startProjectWorker } = await import('../processes.ts');
  const version = packageVersion();
  await using _worker = await startProjectWorker(app, { version, concurrency: CONCURRENCY });
  await using _scheduler = await startProjectScheduler(app, project, { version });
  await runDue(open);
  await Promise.race([change, aborted(signal)]);
}

async function takeOverAll(cli: Cli, { app, defined }: OpenProject, signal: AbortSignal): Promise<void> {
  for (const { name, change } of await takeOverViews(app.database, defined)) {
    if (change !== 'edited') continue;
    const definition = defined.find(({ view }) => view.name === name);
    const meaning = cli.terminal.isInteractive ? await askMeaning(cli, name, signal) : null;
    if (definition !== undefined && meaning !== null) await applyEdit(app.database, definition, meaning);
    else cli.terminal.warn(editSentence(name));
  }
  const names = defined.map(({ view }) => view.name);
  await retireViews(app.database, names);
}

const MEANINGS = ['restate', 'forward-only', 'equivalent', 'later'] as const satisfies (EditMeaning | 'later')[];

async function askMeaning({ terminal }: Cli, name: string, signal: AbortSignal): Promise<EditMeaning | null> {
  terminal.line(`${name} was edited in a way that may change its rows. What is stored:`);
  terminal.line(
    '  restate: read all of it again · forward-only: keep it · equivalent: no row changes · later: stop the view',
  );
  const answer = await terminal.choose('What does the edit mean?', MEANINGS, signal);
  return answer === 'later' ? null : answer;
}

/** Nobody who writes a view wants to wait for its cron. */
async function runDue({ app, defined }: OpenProject): Promise<void> {
  const names = defined.map(({ view }) => view.name);
  const ids: number[] = [];
  for (const applied of await appliedViews(app.database)) {
    if (names.includes(applied.view.name))
      ids.push(...(await planDue(app.database, applied, 'manual', DEFAULT_RUN_OPTIONS)));
  }
  if (ids.length > 0) await app.deliver(ids);
}
