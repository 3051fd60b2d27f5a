// The project of a command: its definitions, and an App over its stores.

import type { App } from '../app.ts';
import { Failure } from '../core/failure.ts';
import { type Log, silentLog } from '../core/log.ts';
import { command, text } from '../core/message.ts';
import { type Environment, envFileWarning } from '../definition/connections/environment.ts';
import { plainTextWarnings } from '../definition/connections/plain-text.ts';
import { loadProject, type Project } from '../definition/project.ts';
import { openLog } from '../observe/logger.ts';
import { requireView, unknownView } from '../operations/views.ts';
import { pendingMigrations } from '../state/migrate.ts';
import { isStatePresent } from '../state/queries/view-overview.ts';
import type { AppliedView, FingerprintedView } from '../state/views/views.ts';
import type { Cli, CommonOptions } from './command.ts';
import { checkerOfQueries, sourceKinds } from './source-kinds.ts';

export type OpenProject = AsyncDisposable & {
  readonly project: Project;
  readonly app: App;
  readonly defined: readonly FingerprintedView[];
};

type OpenOptions = {
  readonly env?: Environment;
  readonly log?: Log;
  /** Whether the SQL of queries is checked: by commands that show or deploy definitions. */
  readonly queries?: 'checked' | 'trusted';
};

/** Opens the project of a command. `env` adds to the environment. Nothing connects before it is used. */
export async function openProject(
  cli: Cli,
  options: CommonOptions & { readonly parallel?: number; readonly concurrency?: number },
  { env = {}, log: given, queries = 'trusted' }: OpenOptions = {},
): Promise<OpenProject> {
  const log = given ?? commandLog(cli, options);
  const checker = queries === 'checked' ? await checkerOfQueries(cli.clock) : null;
  const whole = { ...cli.env, ...env };
  const project = await loadProject(options.project, whole, cli.clock.now(), await sourceKinds(), checker);
  await warnOfEnvFile(cli, project.folder, given ?? null);
  for (const message of plainTextWarnings(project.connections)) given?.warn('connection.plain_text', { message });
  for (const [source, { message }] of project.connections.invalidSources ?? [])
    given?.warn('source.invalid', { source, message });
  // Imported here: a help page and `validate` do not need the drivers of the stores.
  const { openApp } = await import('../app.ts');
  const { fingerprinted, withParts } = await import('../state/views/fingerprinted.ts');
  const app = openApp({
    folder: project.folder,
    connections: project.connections,
    log,
    clock: cli.clock,
    parallelRuns: options.concurrency ?? options.parallel ?? 1,
  });
  return {
    project,
    app,
    defined: withParts(project.views.map(fingerprinted)),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

/** Warns, in the log of a process or on stderr, if other users can read the passwords in `.env`. */
export async function warnOfEnvFile(
  { terminal }: Pick<Cli, 'terminal'>,
  folder: string,
  log: Log | null,
): Promise<void> {
  const warning = await envFileWarning(folder);
  if (warning === null) return;
  if (log === null) terminal.warn({ style: 'yellow', text: warning });
  else log.warn('env.readable_by_all', { message: warning });
}

/** Commands log only with --debug, to stderr. */
function commandLog(cli: Cli, { debug }: CommonOptions): Log {
  return debug ? openLog('debug', cli.terminal.streams.err) : silentLog;
}

/**
 * @throws Failure NOT_FOUND if the state database is empty, or its tables are from an earlier release.
 */
export async function requireState({ database }: App): Promise<void> {
  if (!(await isStatePresent(database))) {
    throw new Failure('NOT_FOUND', text`Nothing is deployed yet: run "${command('millrace apply')}".`);
  }
  if ((await pendingMigrations(database)).length === 0) return;
  throw new Failure(
    'NOT_FOUND',
    text`The tables in Postgres are from an earlier release: run "${command('millrace migrate')}", or start a scheduler.`,
  );
}

/** The definitions with these names, in order. @throws Failure NOT_FOUND with the most similar name. */
export function requireDefined(defined: readonly FingerprintedView[], names: readonly string[]): FingerprintedView[] {
  return [...new Set(names)].map((name) => {
    const found = defined.find(({ view }) => view.name === name);
    if (found !== undefined) return found;
    const known = defined.map(({ view }) => view.name);
    throw unknownView(name, known, 'features/');
  });
}

/** The deployed view with this name. @throws Failure NOT_FOUND with the most similar name, or if there is no state */
export async function requireApplied(app: App, name: string): Promise<AppliedView> {
  await requireState(app);
  return requireView(app.database, name);
}
