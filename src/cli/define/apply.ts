// millrace apply: deploys the definitions on disk.

import { type Applied, applyAll, applyViews, makeSchedules, type Settled } from '../../operations/apply.ts';
import { counted } from '../../presentation/format.ts';
import { editSentence } from '../../presentation/views/edit-sentence.ts';
import { migrate } from '../../state/migrate.ts';
import { viewsToSettle } from '../../state/views/fingerprinted.ts';
import type { ViewChange } from '../../state/views/views.ts';
import { addCommand, type Cli, type CommonOptions, end, instantOption } from '../command.ts';
import { DONE, type ExitCode, PARTLY } from '../exit.ts';
import { type OpenProject, openProject, requireDefined } from '../open.ts';
import { actorOf, depsOf } from '../operator.ts';
import { packageVersion } from '../version.ts';
import { type MeaningOptions, meaningOf } from './edit-meaning.ts';
import { askMissingMeanings, printSettled } from './settle-edits.ts';

type ApplyOptions = CommonOptions & MeaningOptions;

export function addApply(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'apply [view]',
    summary: 'Deploy definitions; choose how edited queries affect stored rows',
    notes: [
      'An edit that may change stored rows needs --restate, --forward-only or',
      '--equivalent. Without one, the view does not run, and the exit code is 2.',
      'Running schedulers use the new definitions immediately.',
    ],
    examples: ['apply', 'apply customer_orders --forward-only --from 2026-09-01'],
  })
    .option('--restate', 'Read all stored rows of the edited view again')
    .option('--forward-only', 'Keep stored rows; use the edit from now on')
    .option('--from <time>', 'With --forward-only: use the edit from this time on', instantOption)
    .option('--equivalent', 'Keep stored rows; the edit changes none of them')
    .action((view: string | undefined, options: ApplyOptions) => end(cli, apply(cli, view, options)));
}

async function apply(cli: Cli, view: string | undefined, options: ApplyOptions): Promise<ExitCode> {
  const meaning = meaningOf(view, options);
  await using open = await openProject(cli, options, { queries: 'checked' });
  const definitions = view === undefined ? open.defined : requireDefined(open.defined, [view]);
  const migrations = await migrate(open.app.database);
  const edit = meaning === null ? null : { meaning, from: options.from ?? null };
  const { settled: given, ...applied } =
    view === undefined
      ? { ...(await applyProject(cli, open)), settled: [] }
      : await applyViews(depsOf(open.app), actorOf(cli), { definitions, edit, why: 'asked' });
  if (!options.json) await print(cli, open, applied, given);
  const scheduling = applied.generation === null ? null : await schedule(open);
  if (scheduling !== null) cli.terminal.warn(scheduling);
  const edited = namesOf(applied, 'edited').filter((name) => !given.some((one) => one.name === name));
  const unanswered = viewsToSettle(open.defined, edited);
  const { waiting, settled } = await askMissingMeanings(cli, open, unanswered, options);
  if (options.json) {
    const jobs = applied.jobs.filter(({ change }) => change !== 'unchanged');
    const schedules = scheduling === null;
    cli.terminal.json({ migrations, ...applied, jobs, meaning, settled: [...given, ...settled], waiting, schedules });
  }
  for (const name of waiting) cli.terminal.warn(editSentence(name));
  return waiting.length === 0 ? DONE : PARTLY;
}

/** Deploys all views and jobs. */
export async function applyProject(cli: Pick<Cli, 'env'>, { app, project }: OpenProject): Promise<Applied> {
  const { deploying } = await import('../../processes/processes.ts');
  return applyAll(depsOf(app), actorOf(cli), deploying(app, project, packageVersion()));
}

/** Updates the schedules now. If that fails, returns a warning; the elected scheduler will do it. */
async function schedule({ app, project }: OpenProject): Promise<string | null> {
  const failure = await makeSchedules(depsOf(app), app.clock, project.jobs);
  if (failure === null) return null;
  return `The definitions are deployed, but the schedules could not be updated: ${failure.message} A running scheduler will update them within a minute after the queue is back.`;
}

function namesOf({ changes }: Applied, wanted: ViewChange): string[] {
  return changes.filter(({ change }) => change === wanted).map(({ name }) => name);
}

async function print(cli: Cli, open: OpenProject, applied: Applied, given: readonly Settled[]): Promise<void> {
  for (const one of given) {
    const definition = open.defined.find(({ view }) => view.name === one.name);
    if (definition !== undefined) await printSettled(cli, open, definition, one);
  }
  printApplied(cli, applied, given);
}

/** What was deployed, except edits with a given meaning, which are already printed. */
function printApplied(
  { terminal }: Cli,
  { generation, isNew, changes, jobs }: Applied,
  given: readonly Settled[],
): void {
  const changed = changes.filter(({ change }) => change !== 'unchanged');
  for (const { name, change } of changed.filter((one) => !given.some(({ name }) => name === one.name))) {
    terminal.line({ style: change === 'edited' ? 'red' : 'green', text: change }, `  ${name}`);
  }
  for (const { name, change, paused } of jobs) {
    if (change !== 'unchanged')
      terminal.line({ style: 'green', text: change }, `  job ${name}${paused ? ', paused' : ''}`);
  }
  const unchanged = changes.length - changed.length;
  if (unchanged > 0) terminal.line({ style: 'dim', text: `${counted(unchanged, 'view')} unchanged` });
  if (changes.length === 0) terminal.line('The project has no views.');
  if (isNew) terminal.line({ style: 'dim', text: `deployed as generation ${generation}` });
}
