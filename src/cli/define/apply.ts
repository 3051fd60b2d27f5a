// millrace apply: makes the definitions on disk the ones that workers run.

import { Failure, messageOf } from '../../core/failure.ts';
import { silentLog } from '../../core/log.ts';
import { type JobChange, jobChanges } from '../../plan/job-changes.ts';
import { editSentence } from '../../presentation/edit-sentence.ts';
import { counted } from '../../presentation/format.ts';
import { migrate } from '../../state/migrate.ts';
import { deploy } from '../../state/views/deploy.ts';
import { newestDeployment } from '../../state/views/deployment.ts';
import { type FingerprintedView, takeOverViews, type ViewChange } from '../../state/views/views.ts';
import { addCommand, type Cli, type CommonOptions, end, instantOption } from '../command.ts';
import { DONE, type ExitCode, PARTLY } from '../exit.ts';
import { type OpenProject, openProject, requireDefined } from '../open.ts';
import { packageVersion } from '../version.ts';
import { type MeaningOptions, meaningOf, requireEdited } from './edit-meaning.ts';
import { askAndSettle, type Settled, settleEdit } from './settle-edits.ts';

type ApplyOptions = CommonOptions & MeaningOptions;

/** What was taken over. Without a generation only some views were, and the jobs are as they were. */
type Applied = {
  readonly generation: number | null;
  readonly isNew: boolean;
  readonly changes: readonly { readonly name: string; readonly change: ViewChange | 'retired' }[];
  readonly jobs: readonly JobChange[];
};

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
  const asked = view === undefined ? open.defined : requireDefined(open.defined, [view]);
  const migrations = await migrate(open.app.database);
  if (meaning !== null) for (const definition of asked) await requireEdited(open, definition, options.from);
  const applied = view === undefined ? await applyAll(open) : await applyViews(open, asked);
  const given: Settled[] = [];
  if (meaning !== null) {
    const asGiven = { meaning, from: options.from ?? null, json: options.json };
    for (const definition of asked) given.push(await settleEdit(cli, open, definition, asGiven));
  }
  if (!options.json) print(cli, applied, given);
  const scheduling = applied.generation === null ? null : await schedule(open);
  if (scheduling !== null) cli.terminal.warn(scheduling);
  const edited = namesOf(applied, 'edited').filter((name) => !given.some((one) => one.name === name));
  const unanswered = open.defined.filter(({ view }) => edited.includes(view.name));
  const { waiting, settled } = await askAndSettle(cli, open, unanswered, options);
  if (options.json) {
    const jobs = applied.jobs.filter(({ change }) => change !== 'unchanged');
    const schedules = scheduling === null;
    cli.terminal.json({ migrations, ...applied, jobs, meaning, settled: [...given, ...settled], waiting, schedules });
  }
  for (const name of waiting) cli.terminal.warn(editSentence(name));
  return waiting.length === 0 ? DONE : PARTLY;
}

/** All definitions, and with them the jobs. */
async function applyAll({ app, project }: OpenProject): Promise<Applied> {
  const { deploying } = await import('../../processes.ts');
  const before = await newestDeployment(app.database);
  const { generation, changes } = await deploy(app.database, deploying(app, project, packageVersion()));
  const isNew = generation !== before?.generation;
  return { generation, isNew, changes, jobs: jobChanges(before?.jobs ?? [], project.jobs) };
}

async function applyViews({ app }: OpenProject, asked: readonly FingerprintedView[]): Promise<Applied> {
  return { generation: null, isNew: false, changes: await takeOverViews(app.database, asked), jobs: [] };
}

/** Makes the schedules now; where that fails the elected scheduler does it, and the sentence says so. */
async function schedule({ app, project }: OpenProject): Promise<string | null> {
  const { matchSchedules } = await import('../../queue/leader/schedules.ts');
  try {
    await using queues = await app.openQueues();
    await matchSchedules({ queues, clock: app.clock, log: silentLog, takenSince: null }, project.jobs);
    return null;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `All is recorded, but the schedules could not be made: ${messageOf(error)} A running scheduler makes them within a minute of when that works.`;
  }
}

function namesOf({ changes }: Applied, wanted: ViewChange): string[] {
  return changes.filter(({ change }) => change === wanted).map(({ name }) => name);
}

/** What was taken over, but for the edits whose meaning was given, of which all is told already. */
function print({ terminal }: Cli, { generation, isNew, changes, jobs }: Applied, given: readonly Settled[]): void {
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
