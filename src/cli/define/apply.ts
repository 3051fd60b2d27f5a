// millrace apply: makes the definitions on disk the ones that workers run.

import { type Applied, applyAll, applyViews, makeSchedules, type Settled } from '../../operations/apply.ts';
import { counted } from '../../presentation/format.ts';
import { editSentence } from '../../presentation/views/edit-sentence.ts';
import { migrate } from '../../state/migrate.ts';
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
    summary: 'take the definitions over; answer for edits',
    notes: [
      'A view whose rows an edit may change waits until one of the three is chosen;',
      'meanwhile the exit code is 2. Schedulers that are running follow at once; one',
      'that comes back with older definitions changes nothing.',
    ],
    examples: ['apply', 'apply customer_orders --forward-only --from 2026-09-01'],
  })
    .option('--restate', 'the stored rows of the edited view are wrong: read all of them again')
    .option('--forward-only', 'they stay as they are; only what is read from now on follows the edit')
    .option('--from <time>', 'with --forward-only: what is stored from this time on is read again, too', instantOption)
    .option('--equivalent', 'the edit changes no row')
    .action((view: string | undefined, options: ApplyOptions) => end(cli, apply(cli, view, options)));
}

async function apply(cli: Cli, view: string | undefined, options: ApplyOptions): Promise<ExitCode> {
  const meaning = meaningOf(view, options);
  await using open = await openProject(cli, options);
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
  const unanswered = open.defined.filter(({ view }) => edited.includes(view.name));
  const { waiting, settled } = await askMissingMeanings(cli, open, unanswered, options);
  if (options.json) {
    const jobs = applied.jobs.filter(({ change }) => change !== 'unchanged');
    const schedules = scheduling === null;
    cli.terminal.json({ migrations, ...applied, jobs, meaning, settled: [...given, ...settled], waiting, schedules });
  }
  for (const name of waiting) cli.terminal.warn(editSentence(name));
  return waiting.length === 0 ? DONE : PARTLY;
}

/** All definitions, and with them the jobs. */
export async function applyProject(cli: Pick<Cli, 'env'>, { app, project }: OpenProject): Promise<Applied> {
  const { deploying } = await import('../../processes.ts');
  return applyAll(depsOf(app), actorOf(cli), deploying(app, project, packageVersion()));
}

/** Makes the schedules now; where that fails the elected scheduler does it, and the sentence says so. */
async function schedule({ app, project }: OpenProject): Promise<string | null> {
  const failure = await makeSchedules(depsOf(app), app.clock, project.jobs);
  if (failure === null) return null;
  return `All is recorded, but the schedules could not be made: ${failure.message} A running scheduler makes them within a minute of when that works.`;
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

/** What was taken over, but for the edits whose meaning was given, of which all is told already. */
function printApplied(
  { terminal }: Cli,
  { generation, isNew, changes, jobs }: Applied,
  given: readonly Settled[],
): void {
  const told = changes.filter(({ change }) => change !== 'unchanged');
  for (const { name, change } of told.filter((one) => !given.some(({ name }) => name === one.name))) {
    terminal.line({ style: change === 'edited' ? 'red' : 'green', text: change }, `  ${name}`);
  }
  for (const { name, change, paused } of jobs) {
    if (change !== 'unchanged')
      terminal.line({ style: 'green', text: change }, `  job ${name}${paused ? ', paused' : ''}`);
  }
  const unchanged = changes.length - told.length;
  if (unchanged > 0) terminal.line({ style: 'dim', text: `${counted(unchanged, 'view')} unchanged` });
  if (changes.length === 0) terminal.line('The project has no views.');
  if (isNew) terminal.line({ style: 'dim', text: `deployed as generation ${generation}` });
}
